"""Few labels: accuracy of the lexical classifier beside scikit-learn's TF-IDF + logistic regression, on the same rows.

usage: few_labels.py EVALUATE PEERS DATA [SEEDS] [SET ...]

EVALUATE: target/release/examples/evaluate (cargo build --release -p gloss-learn --example evaluate). PEERS is the folder of the
peers' common.py, as lexical_peer.py needs it. DATA holds agnews/train.jsonl and so on. SEEDS: 3.
Of each training file, 8, 16 or 64 rows a class or 2,000 in all keep their label, chosen by the seed. Gloss also reads the texts of
the others; the peer has no use for them. Both are judged by the whole test file.
Prints one line of JSON a size and a seed, and a table of means in the end. Needs numpy and scikit-learn.
"""

import json
import os
import random
import subprocess
import sys
import tempfile

import numpy as np

SIZES = {"8 a class": 8, "16 a class": 16, "64 a class": 64, "2,000 rows": None}
ROWS = 2000


def subset(rows, per_class, seed):
    """The rows, without the labels that are not kept."""
    order = list(range(len(rows)))
    random.Random(seed).shuffle(order)
    kept, met = set(), {}
    for i in order:
        label = rows[i]["label"]
        met[label] = met.get(label, 0) + 1
        if met[label] <= per_class if per_class else len(kept) < ROWS:
            kept.add(i)
    return [{"text": row["text"], "label": row["label"] if i in kept else None} for i, row in enumerate(rows)]


def answer(command):
    return json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout.splitlines()[-1])


def main(evaluate, peers, data, seeds, sets):
    peer = [sys.executable, os.path.join(os.path.dirname(os.path.abspath(__file__)), "lexical_peer.py"), peers]
    table = []
    for name in sets:
        test = f"{data}/{name}/test.jsonl"
        with open(f"{data}/{name}/train.jsonl", encoding="utf8") as lines:
            rows = [json.loads(line) for line in lines]
        for size, per_class in SIZES.items():
            found = []
            for seed in range(seeds):
                with tempfile.NamedTemporaryFile("w", suffix=".jsonl", encoding="utf8") as train:
                    for row in subset(rows, per_class, seed):
                        print(json.dumps(row, ensure_ascii=False), file=train)
                    train.flush()
                    ours = answer([evaluate, train.name, test])["test"]
                    theirs = answer([*peer, train.name, test])
                found.append((100 * ours["accuracy"], theirs["acc"], 100 * ours["ece"], theirs["ece"]))
                figures = dict(zip(("gloss", "peer", "ece", "peer_ece"), (round(figure, 1) for figure in found[-1])))
                print(json.dumps({"data": name, "size": size, "seed": seed, **figures}), flush=True)
            mean, sd = np.mean(found, 0), np.std(found, 0)
            accuracies = " | ".join(f"{mean[i]:.1f} ±{sd[i]:.1f}" for i in (0, 1))
            table.append(f"| {name}, {size} | {accuracies} | {mean[2]:.1f} | {mean[3]:.1f} |")
    print("\n| data, labels | accuracy % | peer % | ECE % | peer ECE % |\n|---|---|---|---|---|", *table, sep="\n")


if __name__ == "__main__":
    if len(sys.argv) < 4:
        sys.exit(__doc__)
    seeds = int(sys.argv[4]) if len(sys.argv) > 4 else 3
    main(*sys.argv[1:4], seeds, sys.argv[5:] or ["agnews", "trec", "sst2", "banking77"])
