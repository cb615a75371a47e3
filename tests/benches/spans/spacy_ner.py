"""spaCy's blank NER on the data of rows.py, trained until its F1 on the development rows stops improving.

usage: spacy_ner.py DATA SET [ROWS [SEED]]      (without DATA: GLOSS_DATA)
As its own recipe for CPUs has it: batches of 100 words that grow to 1,000, dropout 0.1, Adam at 0.001; judged every 200 steps (of few rows:
every 50), stopped when 1,600 steps brought nothing better; the best weights are tested. Needs spacy.
"""

import random

import spacy
from spacy.training import Example
from spacy.training.batchers import minibatch_by_words
from spacy.util import compounding, fix_random_seed

import rows as r


def document(nlp, text, spans):
    doc = nlp.make_doc(text)
    edges = [doc.char_span(a, b, label=label, alignment_mode="expand") for a, b, label in spans]
    kept, taken = [], set()
    for span in edges:
        if span is not None and not taken & set(range(span.start, span.end)):
            kept.append(span)
            taken |= set(range(span.start, span.end))
    reference = nlp.make_doc(text)
    reference.set_ents([spacy.tokens.Span(reference, s.start, s.end, s.label_) for s in kept])
    return Example(doc, reference)


def tag(nlp, rows):
    return [[(e.start_char, e.end_char, e.label_) for e in doc.ents] for doc in nlp.pipe(row[0] for row in rows)]


def main():
    folder, name, size, seed = r.arguments("spacy_ner.py DATA SET [ROWS [SEED]]")
    train, stop, test = r.load(folder, size, seed)
    fix_random_seed(seed)
    start = r.now()
    nlp = spacy.blank("en")
    ner = nlp.add_pipe("ner")
    for label in sorted({span[2] for row in train for span in row[1]}):
        ner.add_label(label)
    examples = [document(nlp, *row) for row in train]
    optimizer = nlp.initialize(lambda: examples)
    sizes, every = compounding(100, 1000, 1.001), 200 if len(train) > 2000 else 50
    best, best_step, weights, step = -1.0, 0, None, 0
    answers = [row[1] for row in stop]
    while step - best_step < 1600 and step < 20000:
        random.shuffle(examples)
        for batch in minibatch_by_words(examples, size=sizes, tolerance=0.2):
            nlp.update(batch, sgd=optimizer, drop=0.1)
            step += 1
            if step % every == 0:
                f1 = r.score(answers, tag(nlp, stop))["f1"]
                if f1 > best:
                    best, best_step, weights = f1, step, nlp.to_bytes()
    nlp.from_bytes(weights)
    fit = r.now() - start
    start = r.now()
    found = tag(nlp, test)
    r.report("spacy", name, size, seed, [row[1] for row in test], found, fit, r.now() - start, steps=best_step, stop_f1=best)


main()
