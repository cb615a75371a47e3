"""The whole ladder: accuracy and calibration of `gloss eval`, on the very rows that the peers learned from.

usage: ladder.py GLOSS PEERS DATA [SIZES [SEEDS [SET ...]]]

GLOSS: target/release/gloss, which finds its encoder as it always does. PEERS is the folder of the peers' common.py, whose rows are taken
as they are chosen there; DATA holds agnews/train.jsonl and so on. SIZES: 8c,16c,64c,all (c: labels a class; a number: rows). SEEDS: 3.
All other rows of the training file keep their text and lose their label. Each run may take a minute (BUDGET in the environment: another
time; CLASSIFIER: another than auto); vectors of texts are kept between runs, as users have them. Prints one line of JSON a run, and a table
of means in the end. Needs what common.py needs: numpy and scikit-learn.
"""

import json
import os
import subprocess
import sys
import tempfile

import numpy as np


def kept(common, labels, size, seed):
    """Row numbers that keep their label."""
    if size == "all":
        return set(range(len(labels)))
    # As common.load orders classes and rows.
    names = sorted(set(labels), key=lambda name: (len(name), name) if name.isdigit() else (0, name))
    order = np.random.RandomState(0).permutation(len(labels))[:20000]
    classes = np.array([names.index(labels[row]) for row in order])
    return {int(order[place]) for place in common.subset(classes, size, seed)}


def read(path):
    with open(path, encoding="utf8") as lines:
        rows = [json.loads(line) for line in lines]
    return [(row["text"], str(row["label"])) for row in rows]


def write(rows, to):
    for text, label in rows:
        print(json.dumps({"text": text, "label": label}, ensure_ascii=False), file=to)
    to.flush()


def run(gloss, rows, tests, labelled, seed):
    with tempfile.TemporaryDirectory() as folder:
        train, test = f"{folder}/train.jsonl", f"{folder}/test.jsonl"
        with open(train, "w", encoding="utf8") as to:
            write([(text, label if row in labelled else None) for row, (text, label) in enumerate(rows)], to)
        with open(test, "w", encoding="utf8") as to:
            write(tests, to)
        command = [gloss, "eval", "--train", train, "--test", test, "--format", "json"]
        command += ["--classifier", os.environ.get("CLASSIFIER", "auto"), "--seed", str(seed)]
        command += ["--budget", os.environ.get("BUDGET", "60s")]
        answer = subprocess.run(command, check=True, capture_output=True, text=True).stdout
        return json.loads(answer.splitlines()[-1])


def main(gloss, peers, data, sizes, seeds, sets):
    sys.path.insert(0, peers)
    # It asks for a folder that only its other scripts read.
    os.environ.setdefault("ENCODER_DIR", "")
    import common

    table = []
    for name in sets:
        rows, tests = read(f"{data}/{name}/train.jsonl"), read(f"{data}/{name}/test.jsonl")
        labels = [label for _, label in rows]
        for size in sizes:
            found = []
            for seed in range(seeds if size != "all" else 1):
                answer = run(gloss, rows, tests, kept(common, labels, size, seed), seed)
                found.append((100 * answer["accuracy"], 100 * answer["ece"], answer["train_seconds"]))
                print(json.dumps({"data": name, "size": size, "seed": seed, **answer}), flush=True)
            mean, sd = np.mean(found, 0), np.std(found, 0)
            every = ", ".join(f"{accuracy:.1f}" for accuracy, _, _ in found)
            table.append(f"| {name}, {size} | {mean[0]:.1f} ±{sd[0]:.1f} ({every}) | {mean[1]:.1f} | {mean[2]:.0f} |")
    print("\n| data, labels | accuracy % (each) | ECE % | seconds |\n|---|---|---|---|", *table, sep="\n")


if __name__ == "__main__":
    if len(sys.argv) < 4:
        sys.exit(__doc__)
    options = sys.argv[4:]
    main(
        *sys.argv[1:4],
        (options[0] if options else "8c,16c,64c,all").split(","),
        int(options[1]) if len(options) > 1 else 3,
        options[2:] or ["trec", "sst2", "agnews", "banking77"],
    )
