"""Writes the training files of numbers.md's sizes: some rows keep their label, the others lose it.

usage: lexical_subsets.py DATA OUT [SEEDS]      DATA holds banking77/train.jsonl and so on
"""

import json
import os
import random
import sys

data, out = sys.argv[1], sys.argv[2]
seeds = int(sys.argv[3]) if len(sys.argv) > 3 else 3
os.makedirs(out, exist_ok=True)
for name in ("banking77", "trec", "agnews", "sst2", "waimai"):
    with open(f"{data}/{name}/train.jsonl", encoding="utf8") as lines:
        rows = [json.loads(line) for line in lines]
    for seed in range(seeds):
        order = list(range(len(rows)))
        random.Random(seed).shuffle(order)
        for size in ("8c", "16c", "64c", "2000"):
            kept, met = set(), {}
            for i in order:
                label = rows[i]["label"]
                met[label] = met.get(label, 0) + 1
                if (met[label] <= int(size[:-1])) if size.endswith("c") else (len(kept) < int(size)):
                    kept.add(i)
            with open(f"{out}/{name}.{size}.{seed}.jsonl", "w", encoding="utf8") as file:
                for i, row in enumerate(rows):
                    label = row["label"] if i in kept else None
                    print(json.dumps({"text": row["text"], "label": label}, ensure_ascii=False), file=file)
