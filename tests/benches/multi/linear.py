"""One-vs-rest logistic regression, on TF-IDF or on vectors of a frozen encoder: the peers of the lexical step and of the probe.

usage: linear.py tfidf|ENCODER TEST TRAIN ...

ENCODER: the folder of a sentence-transformers encoder. C is 10; TF-IDF is of words 1-2 and of characters 3-5 inside words, sublinear.
Thresholds: 0.5; the one, and the one for each label, that is best for F1 on 5-fold out-of-fold probabilities.
Prints one line of JSON a training file. Needs scikit-learn, and sentence-transformers for an encoder.
"""

import json
import sys
import time
import warnings

import numpy as np
from scipy.sparse import hstack
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import KFold

from common import choices, figures, many_hot, read

warnings.filterwarnings("ignore")


def probabilities(x, y, asked):
    """Of each label that its own model gives; labels that no row has, or all have, keep their rate."""
    P = np.empty((asked.shape[0], y.shape[1]))
    for label in range(y.shape[1]):
        column = y[:, label]
        if column.min() == column.max():
            P[:, label] = column[0]
        else:
            P[:, label] = LogisticRegression(C=10, max_iter=1000).fit(x, column).predict_proba(asked)[:, 1]
    return P


def tfidf(texts, asked):
    makers = [
        TfidfVectorizer(ngram_range=(1, 2), sublinear_tf=True),
        TfidfVectorizer(analyzer="char_wb", ngram_range=(3, 5), sublinear_tf=True),
    ]
    x = hstack([maker.fit_transform(texts) for maker in makers]).tocsr()
    return x, hstack([maker.transform(asked) for maker in makers]).tocsr()


def main(features, test, trains):
    encoder, vectors = None, {}
    if features != "tfidf":
        from sentence_transformers import SentenceTransformer

        encoder = SentenceTransformer(features, device="cpu")

    def embed(texts):
        new = [text for text in set(texts) if text not in vectors]
        vectors.update(zip(new, encoder.encode(new, normalize_embeddings=True)) if new else [])
        return np.array([vectors[text] for text in texts])

    test_rows = read(test)
    for train in trains:
        rows = read(train)
        names = sorted({label for _, labels in rows + test_rows for label in labels})
        y, test_y = many_hot(rows, names), many_hot(test_rows, names)
        texts, asked = [text for text, _ in rows], [text for text, _ in test_rows]
        if encoder:
            embed(texts + asked)
        start = time.perf_counter()
        x, z = (embed(texts), embed(asked)) if encoder else tfidf(texts, asked)
        P = probabilities(x, y, z)
        fitted = time.perf_counter() - start
        held_out = np.empty(y.shape)
        for learned, rest in KFold(5, shuffle=True, random_state=0).split(x):
            held_out[rest] = probabilities(x[learned], y[learned], x[rest])
        chosen = choices(held_out, y)
        seconds = time.perf_counter() - start
        found = {name: figures(P, test_y, thresholds) for name, thresholds in chosen.items()}
        rounded = {name: {key: round(value, 1) for key, value in f.items()} for name, f in found.items()}
        print(json.dumps({"train": train, "fit": round(fitted, 2), "seconds": round(seconds, 2), **rounded}), flush=True)


if __name__ == "__main__":
    if len(sys.argv) < 4:
        sys.exit(__doc__)
    main(sys.argv[1], sys.argv[2], sys.argv[3:])
