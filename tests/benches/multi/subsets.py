"""Training files of a data set of several labels a text: all rows, and 200 and 500 of them, chosen by 3 seeds.

usage: subsets.py TRAIN FOLDER
Writes FOLDER/all.jsonl, FOLDER/200-0.jsonl and so on, for our example and the peers alike.
"""

import os
import random
import sys

SIZES = [200, 500]
SEEDS = 3

if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    with open(sys.argv[1], encoding="utf8") as lines:
        rows = list(lines)
    os.makedirs(sys.argv[2], exist_ok=True)
    files = {"all": rows}
    for size in SIZES:
        files |= {f"{size}-{seed}": random.Random(seed).sample(rows, size) for seed in range(SEEDS)}
    for name, rows in files.items():
        with open(os.path.join(sys.argv[2], f"{name}.jsonl"), "w", encoding="utf8") as file:
            file.writelines(rows)
