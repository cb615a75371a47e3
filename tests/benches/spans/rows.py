"""What the span peers share: rows, tokens, tags, and the score.

Rows are those of DATA/SET/train.jsonl: all, or with ROWS and SEED the rows from ROWS * SEED on (the files are shuffled). The last tenth
is the development set: it says when to stop. Texts are judged whole, a span by its exact characters and its label, as Gloss is.
"""

import json
import os
import re
import sys
import time

TOKEN = re.compile(r"\w+|[^\w\s]")


def arguments(usage):
    """The folder of data, the set, the rows (0: all), and the seed."""
    words = sys.argv[1:]
    data = os.environ.get("GLOSS_DATA") or (words.pop(0) if words else "")
    if not data or not words:
        sys.exit(f"usage: {usage}")
    name, rows, seed = (words + ["0", "0"])[:3] if len(words) < 3 else words[:3]
    return os.path.join(data, name), name, int(rows), int(seed)


def read(path):
    with open(path, encoding="utf8") as lines:
        rows = [json.loads(line) for line in lines]
    return [(row["text"], [(s["start"], s["end"], s["label"]) for s in row["spans"]]) for row in rows]


def load(folder, rows, seed):
    """Rows to learn from, rows to stop by, rows to judge by."""
    train, test = read(os.path.join(folder, "train.jsonl")), read(os.path.join(folder, "test.jsonl"))
    if rows:
        train = train[rows * seed : rows * (seed + 1)]
    stop = max(1, len(train) // 10)
    return train[:-stop], train[-stop:], test


def tokens(text):
    return [match.span() for match in TOKEN.finditer(text)]


def tags(edges, spans):
    """BIO tags of tokens; a token belongs to a span that it overlaps."""
    tags = ["O"] * len(edges)
    for start, end, label in spans:
        inside = [place for place, (a, b) in enumerate(edges) if a < end and b > start]
        for place in inside:
            tags[place] = ("B-" if place == inside[0] else "I-") + label
    return tags


def spans(edges, tags):
    """The spans of tags; an I without its B begins one, as it does in conlleval."""
    found = []
    for (start, end), tag in zip(edges, tags):
        kind, _, label = tag.partition("-")
        if kind == "I" and found and found[-1][2] == label and found[-1][3]:
            found[-1][1] = end
        elif kind != "O":
            found.append([start, end, label, True])
        if kind == "O" and found:
            found[-1][3] = False
    return [tuple(span[:3]) for span in found]


def score(given, found):
    """Micro F1 in percent, precision, recall, and the share of rows entirely right."""
    hits = sum(len(set(a) & set(b)) for a, b in zip(given, found))
    all_given, all_found = sum(len(set(a)) for a in given), sum(len(set(b)) for b in found)
    f1 = 2 * hits / max(1, all_given + all_found)
    exact = sum(set(a) == set(b) for a, b in zip(given, found)) / max(1, len(given))
    percent = lambda value: round(100 * value, 2)  # noqa: E731
    return {"f1": percent(f1), "precision": percent(hits / max(1, all_found)),
            "recall": percent(hits / max(1, all_given)), "exact": percent(exact)}


def report(peer, name, rows, seed, given, found, fit_seconds, predict, **more):
    print(json.dumps({"peer": peer, "set": name, "rows": rows or "all", "seed": seed, **score(given, found),
                      "fit_cpu_seconds": round(fit_seconds, 1), "predict_cpu_seconds": round(predict, 2), **more}), flush=True)


# Of all threads together: other work on the machine does not count.
now = time.process_time
