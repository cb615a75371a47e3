"""Rows, figures and thresholds that the peers of several labels a text share."""

import json

import numpy as np

BINS = 15


def read(path):
    with open(path, encoding="utf8") as lines:
        return [(row["text"], row["labels"]) for row in map(json.loads, lines)]


def many_hot(rows, names):
    y = np.zeros((len(rows), len(names)), dtype=np.float32)
    for at, (_, labels) in enumerate(rows):
        y[at, [names.index(label) for label in labels]] = 1
    return y


def f1(both, all_):
    return 2 * both / np.maximum(all_, 1)


def figures(P, y, thresholds):
    """Percent. Macro F1 is over labels that are given or predicted; ECE over all rows and labels."""
    given = P >= thresholds
    both, all_ = (given & (y > 0)).sum(0), given.sum(0) + y.sum(0)
    bins = np.minimum((P * BINS).astype(int), BINS - 1).ravel()
    off = np.bincount(bins, weights=(P - y).ravel(), minlength=BINS)
    return {
        "micro_f1": 100 * float(f1(both.sum(), all_.sum())),
        "macro_f1": 100 * float(f1(both, all_)[all_ > 0].mean()),
        "exact": 100 * float((given == (y > 0)).all(1).mean()),
        "ece": 100 * float(np.abs(off).sum() / P.size),
    }


def best_threshold(p, y):
    """The one with the best F1 on these; 0.5 where nothing applies."""
    if not y.any():
        return 0.5
    order = np.argsort(-p)
    both = np.cumsum(y[order])
    scores = 2 * both / (np.arange(1, len(p) + 1) + y.sum())
    at = int(scores.argmax())
    after = p[order[at + 1]] if at + 1 < len(p) else 0.0
    return float((p[order[at]] + after) / 2)


def choices(P, y):
    """Thresholds by how they are chosen on held-out probabilities."""
    return {
        "at 0.5": 0.5,
        "one for all": best_threshold(P.ravel(), y.ravel()),
        "each its own": np.array([best_threshold(P[:, label], y[:, label]) for label in range(y.shape[1])]),
    }
