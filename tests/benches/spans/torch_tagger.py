"""Token classification in PyTorch: the encoder fine-tuned with BIO labels at first word pieces, on the data of rows.py.

usage: torch_tagger.py ENCODER DATA SET [ROWS [SEED]]      (without DATA: GLOSS_DATA)
AdamW at RATE (1e-4) with warm-up over a tenth of the steps and linear decay, batches of 32 (fewer than 2,000 rows: 8), weight decay 0.01,
dropout of the encoder's own configuration; EPOCHS at most (15; few rows: 40), judged after each, stopped when 4 of them brought nothing
better; the best weights are tested, an I without its B begins a span. Needs torch and transformers.
"""

import os
import random
import sys

import torch
from transformers import AutoModelForTokenClassification, AutoTokenizer, get_linear_schedule_with_warmup

import rows as r


def batches(rows, size, shuffled):
    order = list(range(len(rows)))
    if shuffled:
        # Of like lengths within a pool of 32 batches.
        random.shuffle(order)
        pools = [order[at : at + 32 * size] for at in range(0, len(order), 32 * size)]
        order = [row for pool in pools for row in sorted(pool, key=lambda row: len(rows[row][0]))]
    parts = [order[at : at + size] for at in range(0, len(order), size)]
    if shuffled:
        random.shuffle(parts)
    return parts


def encode(tokenizer, names, text, spans):
    edges = r.tokens(text)
    words = [text[a:b] for a, b in edges]
    encoded = tokenizer(words, is_split_into_words=True, truncation=True, max_length=256)
    target, previous = [], None
    tags = r.tags(edges, spans)
    for word in encoded.word_ids():
        target.append(names.index(tags[word]) if word is not None and word != previous and tags[word] in names else -100)
        previous = word
    return encoded["input_ids"], target, encoded.word_ids(), edges


def padded(parts, value):
    width = max(map(len, parts))
    return torch.tensor([part + [value] * (width - len(part)) for part in parts])


def tag(model, device, names, rows):
    model.eval()
    found = []
    with torch.no_grad():
        for part in batches(rows, 64, False):
            some = [rows[row] for row in part]
            ids = padded([row[0] for row in some], 0).to(device)
            mask = padded([[1] * len(row[0]) for row in some], 0).to(device)
            best = model(input_ids=ids, attention_mask=mask).logits.argmax(-1).tolist()
            for (_, _, words, edges), best in zip(some, best):
                tags, previous = ["O"] * len(edges), None
                for word, place in zip(words, best):
                    if word is not None and word != previous:
                        tags[word] = names[place]
                    previous = word
                found.append(r.spans(edges, tags))
    return found


def main():
    encoder = sys.argv.pop(1)
    folder, name, size, seed = r.arguments("torch_tagger.py ENCODER DATA SET [ROWS [SEED]]")
    train, stop, test = r.load(folder, size, seed)
    torch.manual_seed(seed)
    random.seed(seed)
    device = "cuda" if torch.cuda.is_available() else "cpu"
    labels = sorted({span[2] for row in train for span in row[1]})
    names = ["O"] + [kind + label for label in labels for kind in ("B-", "I-")]
    tokenizer = AutoTokenizer.from_pretrained(encoder)
    model = AutoModelForTokenClassification.from_pretrained(encoder, num_labels=len(names)).to(device)
    start = r.now()
    encoded = [encode(tokenizer, names, *row) for row in train]
    stopping = [encode(tokenizer, names, *row) for row in stop]
    batch, rate = 32 if len(train) > 2000 else 8, float(os.environ.get("RATE", "1e-4"))
    epochs = int(os.environ.get("EPOCHS", "15" if len(train) > 2000 else "40"))
    steps = epochs * len(batches(encoded, batch, False))
    optimizer = torch.optim.AdamW(model.parameters(), lr=rate, weight_decay=0.01)
    schedule = get_linear_schedule_with_warmup(optimizer, steps // 10, steps)
    best, best_epoch, weights = -1.0, 0, None
    for epoch in range(1, epochs + 1):
        model.train()
        for part in batches(encoded, batch, True):
            some = [encoded[row] for row in part]
            ids, target = padded([row[0] for row in some], 0), padded([row[1] for row in some], -100)
            mask = padded([[1] * len(row[0]) for row in some], 0)
            loss = model(input_ids=ids.to(device), attention_mask=mask.to(device), labels=target.to(device)).loss
            optimizer.zero_grad()
            loss.backward()
            torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
            optimizer.step()
            schedule.step()
        f1 = r.score([row[1] for row in stop], tag(model, device, names, stopping))["f1"]
        print(f"{name} epoch {epoch}: {f1} after {r.now() - start:.0f} s", file=sys.stderr, flush=True)
        if f1 > best:
            best, best_epoch = f1, epoch
            weights = {key: value.detach().clone() for key, value in model.state_dict().items()}
        elif epoch - best_epoch >= 4:
            break
    model.load_state_dict(weights)
    fit = r.now() - start
    start = r.now()
    found = tag(model, device, names, [encode(tokenizer, names, *row) for row in test])
    r.report("torch", name, size, seed, [row[1] for row in test], found, fit, r.now() - start, epochs=best_epoch,
             stop_f1=best, device=device, rate=rate)


main()
