"""A linear-chain CRF of python-crfsuite with the usual features, on the data of rows.py.

usage: crfsuite.py DATA SET [ROWS [SEED]]      (without DATA: GLOSS_DATA)
Penalties are chosen on the development rows; then all training rows are learned from. Seconds (of CPU) of the fit are those of the last one.
Needs python-crfsuite.
"""

import os
import tempfile

import pycrfsuite

import rows as r

PENALTIES = [(0.0, 0.3), (0.0, 0.03), (0.0, 0.01), (0.1, 0.01)]


def shape(word):
    kinds = ["X" if c.isupper() else "x" if c.islower() else "d" if c.isdigit() else c for c in word]
    return "".join(kind for place, kind in enumerate(kinds) if kinds[max(0, place - 2) : place] != [kind] * 2)


def features(text, edges):
    words = [text[a:b] for a, b in edges]
    lower = [word.lower() for word in words]
    glued = [place > 0 and edges[place - 1][1] == a for place, (a, _) in enumerate(edges)]
    at = lambda of, place: of[place] if 0 <= place < len(of) else "<edge>"  # noqa: E731
    rows = []
    for i, word in enumerate(words):
        row = ["bias", "w=" + word, "l=" + lower[i], "s=" + shape(word), f"glued={glued[i]}", f"next={at(glued, i + 1)}"]
        row += [f"p{n}={lower[i][:n]}" for n in range(1, 5)] + [f"e{n}={lower[i][-n:]}" for n in range(1, 5)]
        row += [f"upper={word.isupper()}", f"title={word.istitle()}", f"digit={word.isdigit()}", f"mark={not word.isalnum()}"]
        for d in (-2, -1, 1, 2):
            row.append(f"l{d}={at(lower, i + d)}")
            neighbour = at(words, i + d)
            row.append(f"s{d}={shape(neighbour)}")
        row += [f"b-1={at(lower, i - 1)}|{lower[i]}", f"b1={lower[i]}|{at(lower, i + 1)}"]
        row += [f"b-2={at(lower, i - 2)}|{at(lower, i - 1)}", f"b2={at(lower, i + 1)}|{at(lower, i + 2)}"]
        row += [f"first={i == 0}", f"last={i == len(words) - 1}"]
        rows.append(row)
    return rows


def learn(rows, c1, c2, path):
    trainer = pycrfsuite.Trainer(verbose=False)
    trainer.set_params({"c1": c1, "c2": c2, "max_iterations": 150, "feature.possible_transitions": True})
    for text, spans in rows:
        edges = r.tokens(text)
        trainer.append(features(text, edges), r.tags(edges, spans))
    trainer.train(path)
    tagger = pycrfsuite.Tagger()
    tagger.open(path)
    return tagger


def tag(tagger, rows):
    found = []
    for text, _ in rows:
        edges = r.tokens(text)
        found.append(r.spans(edges, tagger.tag(features(text, edges))))
    return found


def main():
    folder, name, size, seed = r.arguments("crfsuite.py DATA SET [ROWS [SEED]]")
    train, stop, test = r.load(folder, size, seed)
    answers = [row[1] for row in stop]
    with tempfile.TemporaryDirectory() as place:
        path = os.path.join(place, "model")
        tried = {p: r.score(answers, tag(learn(train, *p, path), stop))["f1"] for p in PENALTIES}
        best = max(tried, key=tried.get)
        start = r.now()
        tagger = learn(train + stop, *best, path)
        fit = r.now() - start
        start = r.now()
        found = tag(tagger, test)
        r.report("crfsuite", name, size, seed, [row[1] for row in test], found, fit, r.now() - start, penalties=best)


main()
