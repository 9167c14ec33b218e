"""Speech models: which exist (catalogue.py), which are here (installed.py), whether they can be used (condition.py).

installation.py installs and removes them. loaded.py has the models of this process, in the fastest form that works
(voicemail/graph). What was measured for a model is in measurements.py.
"""
