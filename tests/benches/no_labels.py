"""What suggestions from label names are worth: `no_labels.py GLOSS DATA`, DATA holding folders with train.jsonl and test.jsonl.

The first 2,000 training rows are there without their labels; gloss.toml says what the labels are. Prints a line of JSON for each data set
and each way to describe its labels. The encoder is the one that Gloss finds by itself (GLOSS_ENCODER names another).
"""

import json
import subprocess
import sys
import tempfile
from pathlib import Path

ROWS = 2000
# What someone who knows the data would write as guidelines; the names of the other sets say enough.
GUIDELINES = {
    "agnews": {
        "world": "International politics, governments, wars and diplomacy",
        "sports": "Games, teams, players and matches",
        "business": "Companies, the economy and financial markets",
        "scitech": "Science, technology, computers, software and the internet",
    },
    "trec": {
        "ABBR": "What an abbreviation or acronym stands for",
        "DESC": "A definition, description, manner or reason: what is it, why or how",
        "ENTY": "Which thing: an animal, product, food, colour, event or invention",
        "HUM": "Who: a person or a group of people",
        "LOC": "Where: a place, city, country or other location",
        "NUM": "How many, how much or when: a number, date or amount",
    },
    "sst2": {
        "negative": "The film is bad, boring or awful",
        "positive": "The film is great, funny or wonderful",
    },
}


def measure(gloss, folder, guidelines):
    rows = [json.loads(line) for line in (folder / "train.jsonl").read_text().splitlines()]
    labels = sorted({str(row["label"]) for row in rows})
    with tempfile.TemporaryDirectory() as place:
        place = Path(place)
        texts = (json.dumps({"text": row["text"], "label": None}) + "\n" for row in rows[:ROWS])
        (place / "train.jsonl").write_text("".join(texts))
        entries = (f"{json.dumps(label)} = {json.dumps(guidelines.get(label, ''))}\n" for label in labels)
        (place / "gloss.toml").write_text('[dataset]\nfiles = ["train.jsonl"]\n[labels]\n' + "".join(entries))
        command = [gloss, "eval", "--train", place / "train.jsonl", "--test", folder / "test.jsonl", "--format", "json"]
        out = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout
    return json.loads(out.splitlines()[-1])


gloss, data = sys.argv[1], Path(sys.argv[2])
for name in ("agnews", "banking77", "snips", "trec", "sst2", "sib200_zho_Hans"):
    if not (data / name).is_dir():
        print(f"{name}: skipped, it is not in {data}", file=sys.stderr)
        continue
    for guidelines in ({}, GUIDELINES[name]) if name in GUIDELINES else ({},):
        figures = measure(gloss, data / name, guidelines)
        shown = {key: round(100 * figures[key], 1) for key in ("accuracy", "macro_f1", "ece")}
        print(json.dumps({"data": name, "guidelines": bool(guidelines)} | shown), flush=True)
