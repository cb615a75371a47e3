"""`gloss predict` on a million short rows: rows a second and the most memory, training included.

usage: predict.py GLOSS DATA [ROWS]     DATA holds agnews/train.jsonl; rows are 8 words each, drawn from its texts
Prints one line of JSON.
"""

import json
import random
import resource
import subprocess
import sys
import tempfile
import time

gloss, data = sys.argv[1], sys.argv[2]
count = int(sys.argv[3]) if len(sys.argv) > 3 else 1_000_000
train = f"{data}/agnews/train.jsonl"
with open(train, encoding="utf8") as lines:
    words = [word for line in lines for word in json.loads(line)["text"].split()]
chance = random.Random(0)
with tempfile.NamedTemporaryFile("w", suffix=".jsonl", encoding="utf8") as rows:
    for _ in range(count):
        text = " ".join(chance.choices(words, k=8))
        rows.write(json.dumps({"text": text}, ensure_ascii=False) + "\n")
    rows.flush()
    start = time.perf_counter()
    subprocess.run([gloss, "predict", "--classifier", "lexical", "--train", train, rows.name], stdout=subprocess.DEVNULL, check=True)
    seconds = time.perf_counter() - start
memory = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
print(json.dumps({"rows": count, "seconds": round(seconds, 2), "rows_a_second": round(count / seconds), "most_mb": round(memory)}))
