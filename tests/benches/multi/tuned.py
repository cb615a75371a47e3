"""An encoder that is fine-tuned with PyTorch on several labels a text: the peer of the fine-tuned step.

usage: tuned.py ENCODER TEST TRAIN ...

Mean pooling, unit length, a linear layer on ten times that, binary cross-entropy; AdamW with 1e-4 (the layer: 1e-3), decay 0.01, batches of
32, 10% warm-up, then a linear fall over 300 steps. A tenth of the rows is held out; the best moment by their micro F1 (at the one threshold that is best
for it) is kept, and a fifth of the epochs without a better one ends the training. Thresholds: 0.5; the one, and the one for each label, that is best for
F1 on the held-out tenth. The seed is the place of the file.
Prints one line of JSON a training file. Needs torch and transformers.
"""

import copy
import json
import sys
import time

import numpy as np
import torch
from transformers import AutoModel, AutoTokenizer

from common import best_threshold, choices, figures, many_hot, read

STEPS = 300
BATCH = 32
RATE = 1e-4


class Model(torch.nn.Module):
    def __init__(self, folder, labels):
        super().__init__()
        self.encoder = AutoModel.from_pretrained(folder)
        self.head = torch.nn.Linear(self.encoder.config.hidden_size, labels)
        torch.nn.init.zeros_(self.head.weight)
        torch.nn.init.zeros_(self.head.bias)

    def forward(self, tokens):
        states, mask = self.encoder(**tokens).last_hidden_state, tokens["attention_mask"].unsqueeze(-1)
        vectors = torch.nn.functional.normalize((states * mask).sum(1) / mask.sum(1), dim=1)
        return self.head(10 * vectors)


def run(folder, rows, test_rows, seed):
    torch.manual_seed(seed)
    random = np.random.default_rng(seed)
    names = sorted({label for _, labels in rows + test_rows for label in labels})
    y, test_y = many_hot(rows, names), many_hot(test_rows, names)
    texts = np.array([text for text, _ in rows], dtype=object)
    tokenizer, model = AutoTokenizer.from_pretrained(folder), Model(folder, len(names))
    order = random.permutation(len(rows))
    held, learned = order[: len(rows) // 10], order[len(rows) // 10 :]
    head = list(model.head.parameters())
    adamw = torch.optim.AdamW(
        [{"params": model.encoder.parameters(), "lr": RATE}, {"params": head, "lr": 10 * RATE}], weight_decay=0.01
    )
    a_pass = -(-len(learned) // BATCH)
    epochs = -(-STEPS // a_pass)
    steps = epochs * a_pass
    warm = max(steps // 10, 1)
    schedule = torch.optim.lr_scheduler.LambdaLR(
        adamw, lambda step: min((step + 1) / warm, (steps - step) / max(steps - warm, 1))
    )

    def tokens(some):
        return tokenizer(list(some), padding=True, truncation=True, max_length=256, return_tensors="pt")

    def predict(some):
        model.eval()
        with torch.no_grad():
            return np.concatenate(
                [torch.sigmoid(model(tokens(some[at : at + 64]))).numpy() for at in range(0, len(some), 64)]
            )

    start, best, since = time.perf_counter(), (-1.0, None, 0), 0
    for epoch in range(epochs):
        model.train()
        for at in range(0, len(learned), BATCH):
            batch = learned[at : at + BATCH]
            loss = torch.nn.functional.binary_cross_entropy_with_logits(
                model(tokens(texts[batch])), torch.tensor(y[batch])
            )
            adamw.zero_grad()
            loss.backward()
            torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
            adamw.step()
            schedule.step()
        learned = random.permutation(learned)
        P = predict(texts[held])
        micro = figures(P, y[held], best_threshold(P.ravel(), y[held].ravel()))["micro_f1"]
        if micro >= best[0]:
            best, since = (micro, copy.deepcopy(model.state_dict()), epoch + 1), 0
        else:
            since += 1
            if since > epochs // 5:
                break
    model.load_state_dict(best[1])
    seconds = time.perf_counter() - start
    chosen = choices(predict(texts[held]), y[held])
    P = predict(np.array([text for text, _ in test_rows], dtype=object))
    found = {name: figures(P, test_y, thresholds) for name, thresholds in chosen.items()}
    rounded = {name: {key: round(value, 1) for key, value in f.items()} for name, f in found.items()}
    return {"epochs": epoch + 1, "best": best[2], "seconds": round(seconds, 1), **rounded}


if __name__ == "__main__":
    if len(sys.argv) < 4:
        sys.exit(__doc__)
    test_rows = read(sys.argv[2])
    for number, train in enumerate(sys.argv[3:]):
        print(json.dumps({"train": train, **run(sys.argv[1], read(train), test_rows, number)}), flush=True)
