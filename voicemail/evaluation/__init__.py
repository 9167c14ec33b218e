"""Evaluation: how good transcripts are, on messages whose words are known (clips.py).

calibration.py measures confidences, own_words_evaluation.py the gain by own words. transcript_comparison.py compares the
transcripts of a model with and without its composed graph.
"""
