"""scikit-learn's TF-IDF + logistic regression on the same files as the lexical classifier's `evaluate`.

usage: lexical_peer.py PEERS TRAIN TEST ...     pairs of JSON Lines files; rows without a label are not learned from
PEERS is the folder of the peers' common.py (its tfidf(), LR() and met() are used); ZH=1 chooses its features for Chinese.
Prints one line of JSON a pair.
"""

import json
import os
import sys
import time

os.environ.setdefault("ENCODER_DIR", "")
sys.path.insert(0, sys.argv[1])
from common import LR, full_P, met, tfidf  # noqa: E402
import numpy as np  # noqa: E402


def rows(path):
    with open(path, encoding="utf8") as lines:
        both = [(row["text"], row.get("label")) for row in map(json.loads, lines)]
    both = [row for row in both if row[1] is not None]
    return [row[0] for row in both], [row[1] for row in both]


for train, test in zip(sys.argv[2::2], sys.argv[3::2]):
    (texts, labels), (test_texts, test_labels) = rows(train), rows(test)
    names = sorted(set(labels) | set(test_labels))
    y, test_y = (np.array([names.index(label) for label in some]) for some in (labels, test_labels))
    start = time.perf_counter()
    features = tfidf(zh=os.environ.get("ZH") == "1")
    model = LR(10).fit(features.fit_transform(texts), y)
    seconds = time.perf_counter() - start
    P = full_P(model.predict_proba(features.transform(test_texts)), model.classes_, len(names))
    print(json.dumps({"train": train, "fit_seconds": round(seconds, 2), **met(P, test_y)}), flush=True)
