"""Labels that the queue saves, against labelling at random.

usage: queues.py QUEUE EMBED ENCODER DATA [--seeds N] [--pool ROWS] [--work FOLDER] [--sets A,B] [--strategies A,B]

QUEUE and EMBED: target/release/examples/queue and embed (cargo build --release -p gloss-learn --example queue --example embed). ENCODER: a
folder. DATA holds trec/train.jsonl and so on. Of each training file the first ROWS of a fixed shuffle are what may be labelled, of each test
file 2,000 rows judge. Vectors are made once and stay in FOLDER.
Prints what QUEUE prints, a line of JSON for each size, then for each strategy: mean and deviation of the accuracy with 410 labels, and, seed by
seed, the labels that it took to reach what labelling at random reached with 410.
"""

import argparse
import json
import os
import random
import statistics
import subprocess
import tempfile

LAST = 410
TEST = 2000


def prepare(arguments, name, work):
    """The rows, a text a line, and vectors, unless they are there."""
    for split, most in (("train", arguments.pool), ("test", TEST)):
        path = f"{work}/{name}.{split}.f32"
        if os.path.exists(path):
            continue
        os.makedirs(f"{work}/{name}", exist_ok=True)
        with open(f"{arguments.data}/{name}/{split}.jsonl", encoding="utf8") as lines:
            rows = [json.loads(line) for line in lines]
        random.Random(0).shuffle(rows)
        texts = [" ".join(str(row["text"]).split()) for row in rows[:most]]
        with open(f"{work}/{name}/{split}.jsonl", "w", encoding="utf8") as out:
            for text, row in zip(texts, rows):
                print(json.dumps({"text": text, "label": row["label"]}, ensure_ascii=False), file=out)
        with open(f"{work}/{name}/{split}.txt", "w", encoding="utf8") as out:
            print("\n".join(texts), file=out)
        command = [arguments.embed, arguments.encoder, out.name, path]
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL)


def summary(lines):
    """{strategy: {seed: {labels: accuracy}}} as one line a strategy."""
    found = {}
    for line in lines:
        by_seed = found.setdefault(line["strategy"], {})
        by_seed.setdefault(line["seed"], {})[line["labels"]] = 100 * line["accuracy"]
    for strategy, by_seed in found.items():
        at_last = [sizes[LAST] for sizes in by_seed.values()]
        needed = []
        for seed, sizes in by_seed.items():
            goal = found["random"][seed][LAST]
            needed.append(next((str(labels) for labels in sorted(sizes) if sizes[labels] >= goal), "never"))
        spread = statistics.stdev(at_last) if len(at_last) > 1 else 0.0
        each = ", ".join(f"{accuracy:.1f}" for accuracy in at_last)
        print(f"{strategy}: {statistics.mean(at_last):.1f} ±{spread:.1f} ({each}); labels needed: {', '.join(needed)}")


def main():
    parser = argparse.ArgumentParser()
    for name in ("queue", "embed", "encoder", "data"):
        parser.add_argument(name)
    parser.add_argument("--seeds", default="5")
    parser.add_argument("--pool", type=int, default=5000)
    parser.add_argument("--work")
    parser.add_argument("--sets", default="trec,agnews")
    parser.add_argument("--strategies", default="margin,mixed")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        work = arguments.work or temporary
        for name in arguments.sets.split(","):
            prepare(arguments, name, work)
            command = [arguments.queue, f"{work}/{name}", f"{work}/{name}", arguments.seeds, "random"]
            command += arguments.strategies.split(",")
            lines = []
            with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
                for line in process.stdout:
                    print(line, end="", flush=True)
                    lines.append(json.loads(line))
            if process.returncode:
                raise SystemExit(process.returncode)
            print(name)
            summary(lines)


if __name__ == "__main__":
    main()
