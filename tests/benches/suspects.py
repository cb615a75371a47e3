"""Planted label errors: average precision of Gloss's suspicion beside self-confidence and normalised margin, on the same rows.

usage: suspects.py [--vectors] RANK DATA [SEEDS] [SET ...]
    RANK: target/release/examples/rank (cargo build --release -p gloss-learn --example rank); DATA holds agnews/train.jsonl and so
    on; SEEDS: 3. --vectors: the probe in the place of the lexical classifier, and logistic regression on the same vectors in the place of
    TF-IDF; agnews/v.train.f32 beside train.jsonl has 384 floats a row (example embed of gloss-learn, unit length).

Up to 5,000 rows of each training file, 5% or 10% of which get another label: any other ('uniform'), or the one their class is
most often confused with ('class'). Gloss ranks by its own out-of-fold probabilities; cleanlab by those of TF-IDF (words 1-2,
sublinear), or of vectors, + logistic regression, C = 10, 5 folds. Its two rankings of Gloss's probabilities stand beside them: they tell what is
due to the ranking and what to the classifier. Classes are confused as that same peer confuses them out of fold (C = 1) before
anything is planted. Errors that were there before count as false alarms, for everyone.
Prints one line of JSON a planting, and a table of means in the end. Needs numpy, scikit-learn and cleanlab.
"""

import json
import subprocess
import sys
import tempfile
import warnings

import numpy as np
from cleanlab.rank import get_label_quality_scores
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import average_precision_score, confusion_matrix
from sklearn.model_selection import StratifiedKFold, cross_val_predict
from sklearn.pipeline import make_pipeline

warnings.filterwarnings("ignore")
ROWS = 5000
RANKINGS = {
    "gloss": "Gloss",
    "self_confidence": "cleanlab, self-confidence",
    "normalized_margin": "cleanlab, normalised margin",
    "own_self_confidence": "Gloss's probabilities by self-confidence",
    "own_normalized_margin": "by normalised margin",
}
PLANTINGS = [(kind, rate) for kind in ("uniform", "class") for rate in (0.05, 0.10)]


def out_of_fold(texts, labels, strength, method):
    """texts: or a vector each."""
    model = LogisticRegression(C=strength, max_iter=200)
    if not isinstance(texts, np.ndarray):
        features = TfidfVectorizer(ngram_range=(1, 2), sublinear_tf=True, dtype=np.float32)
        model = make_pipeline(features, model)
    folds = StratifiedKFold(5, shuffle=True, random_state=0)
    return cross_val_predict(model, texts, labels, cv=folds, method=method)


def load(path):
    """All rows in one fixed order; classes sorted by name, numbers by value."""
    with open(path, encoding="utf8") as lines:
        rows = [json.loads(line) for line in lines]
    names = sorted({row["label"] for row in rows}, key=lambda name: (len(name), name) if name.isdigit() else (0, name))
    order = np.random.RandomState(0).permutation(len(rows))
    return [rows[i]["text"] for i in order], np.array([names.index(rows[i]["label"]) for i in order]), len(names), order


def plant(y, classes, confused, kind, rate, seed):
    """The labels with errors, and which rows have one."""
    random = np.random.RandomState(seed)
    flipped = random.permutation(len(y))[: int(rate * len(y))]
    labels = y.copy()
    for i in flipped:
        if kind == "class" and confused[y[i]].sum() > 0:
            labels[i] = confused[y[i]].argmax()
        else:
            labels[i] = random.choice([label for label in range(classes) if label != y[i]])
    wrong = np.zeros(len(y), bool)
    wrong[flipped] = True
    return labels, wrong


def suspicion(rank, texts, labels, vectors):
    """What rank prints, a column a ranking."""
    with tempfile.NamedTemporaryFile("w", suffix=".jsonl", encoding="utf8") as file, tempfile.NamedTemporaryFile() as floats:
        for text, label in zip(texts, labels):
            print(json.dumps({"text": text, "label": str(label)}, ensure_ascii=False), file=file)
        file.flush()
        command = [rank, file.name]
        if vectors is not None:
            vectors.tofile(floats.name)
            command += ["0", floats.name]
        printed = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    return np.array([line.split() for line in printed.splitlines()], float).T


def main(rank, data, seeds, sets, by_vectors):
    found = {}
    for name in sets:
        all_texts, all_labels, classes, order = load(f"{data}/{name}/train.jsonl")
        if by_vectors:
            all_vectors = np.fromfile(f"{data}/{name}/v.train.f32", np.float32).reshape(-1, 384)[order]
        for seed in range(seeds):
            chosen = np.random.RandomState(100 + seed).permutation(len(all_labels))[:ROWS]
            texts, y = [all_texts[i] for i in chosen], all_labels[chosen]
            vectors = all_vectors[chosen] if by_vectors else None
            read = vectors if by_vectors else texts
            confused = confusion_matrix(y, out_of_fold(read, y, 1, "predict"), labels=range(classes)).astype(float)
            np.fill_diagonal(confused, 0)
            for kind, rate in PLANTINGS:
                labels, wrong = plant(y, classes, confused, kind, rate, seed)
                P = out_of_fold(read, labels, 10, "predict_proba")
                ours = ("gloss", "own_self_confidence", "own_normalized_margin")
                scores = dict(zip(ours, suspicion(rank, texts, labels, vectors)))
                for method in ("self_confidence", "normalized_margin"):
                    scores[method] = -get_label_quality_scores(labels, P, method=method)
                precision = {by: 100 * average_precision_score(wrong, score) for by, score in scores.items()}
                rounded = {by: round(value, 1) for by, value in precision.items()}
                print(json.dumps({"data": name, "kind": kind, "rate": rate, "seed": seed, **rounded}), flush=True)
                found.setdefault((name, kind, rate), []).append(precision)
    print("\n| data, errors |", " | ".join(RANKINGS.values()), "|\n|---" + "|---" * len(RANKINGS) + "|")
    for (name, kind, rate), runs in found.items():
        by_ranking = [[run[by] for run in runs] for by in RANKINGS]
        cells = " | ".join(f"{np.mean(values):.1f} ±{np.std(values):.1f}" for values in by_ranking)
        print(f"| {name}, {rate:.0%} {kind} | {cells} |")


if __name__ == "__main__":
    arguments = [argument for argument in sys.argv[1:] if argument != "--vectors"]
    if len(arguments) < 2:
        sys.exit(__doc__)
    seeds = int(arguments[2]) if len(arguments) > 2 else 3
    sets = arguments[3:] or ["agnews", "trec", "sst2", "banking77"]
    main(arguments[0], arguments[1], seeds, sets, "--vectors" in sys.argv)
