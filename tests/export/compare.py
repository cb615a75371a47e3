"""What Python makes of exports, beside what Gloss predicted: compare.py WORK NAME..., called by run.sh.

With transformers and sentence-transformers installed, those open the folders. Else a forward pass in numpy stands for them. The
loader of the head is the one of server/docs/export.md, word by word.
"""

import json
import pathlib
import re
import sys
import textwrap
import types

import numpy as np
from safetensors.numpy import load_file

WORK = pathlib.Path(sys.argv[1])
DOCUMENT = pathlib.Path(__file__).parents[2] / "server/docs/export.md"
NEAR = 1e-3

try:
    import sentence_transformers
    import torch
    import transformers
except ImportError:
    torch = None


class Bert:
    """BERT's encoder (Devlin et al. 2019), a text at a time."""

    def __init__(self, folder, prefix=""):
        self.folder, self.prefix = pathlib.Path(folder), prefix
        self.config = json.loads((self.folder / "config.json").read_text("utf-8"))
        self.tensors = load_file(self.folder / "model.safetensors")
        from tokenizers import Tokenizer

        self.tokenizer = Tokenizer.from_file(str(self.folder / "tokenizer.json"))
        self.tokenizer.no_padding()
        limits = json.loads((self.folder / "tokenizer_config.json").read_text("utf-8"))
        self.tokenizer.enable_truncation(limits["model_max_length"])

    def tensor(self, name):
        return self.tensors[self.prefix + name]

    def linear(self, name, x):
        return x @ self.tensor(name + ".weight").T + self.tensor(name + ".bias")

    def norm(self, name, x):
        x = x - x.mean(-1, keepdims=True)
        x = x / np.sqrt((x * x).mean(-1, keepdims=True) + self.config["layer_norm_eps"])
        return x * self.tensor(name + ".weight") + self.tensor(name + ".bias")

    def states(self, text):
        ids = self.tokenizer.encode(text).ids
        x = self.tensor("embeddings.word_embeddings.weight")[ids]
        x = x + self.tensor("embeddings.position_embeddings.weight")[: len(ids)]
        x = self.norm("embeddings.LayerNorm", x + self.tensor("embeddings.token_type_embeddings.weight")[0])
        for layer in range(self.config["num_hidden_layers"]):
            root = f"encoder.layer.{layer}."
            x = self.norm(root + "attention.output.LayerNorm", x + self.attend(root, x))
            inner = gelu(self.linear(root + "intermediate.dense", x))
            x = self.norm(root + "output.LayerNorm", x + self.linear(root + "output.dense", inner))
        return x

    def attend(self, root, x):
        heads = self.config["num_attention_heads"]
        parts = (self.linear(f"{root}attention.self.{name}", x) for name in ("query", "key", "value"))
        query, key, value = (part.reshape(len(x), heads, -1).swapaxes(0, 1) for part in parts)
        weights = softmax(query @ key.swapaxes(1, 2) / np.sqrt(query.shape[-1]))
        return self.linear(root + "attention.output.dense", (weights @ value).swapaxes(0, 1).reshape(x.shape))

    def encode(self, texts):
        """As sentence-transformers do: the mean of the states, made unit."""
        vectors = np.stack([self.states(text).mean(0) for text in texts])
        return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)


def gelu(x):
    # The error function by Abramowitz and Stegun 7.1.26, right to 1.5e-7.
    z = np.abs(x) / np.sqrt(2)
    t = 1 / (1 + 0.3275911 * z)
    series = t * (0.254829592 + t * (-0.284496736 + t * (1.421413741 + t * (-1.453152027 + t * 1.061405429))))
    return x / 2 * (1 + np.sign(x) * (1 - series * np.exp(-z * z)))


def softmax(scores):
    scores = np.exp(scores - scores.max(-1, keepdims=True))
    return scores / scores.sum(-1, keepdims=True)


def sentences(folder, texts):
    """By the code of the document."""
    if not torch:
        sys.modules["sentence_transformers"] = types.SimpleNamespace(SentenceTransformer=Bert)
    blocks = re.findall(r"(?:^(?:    .*)?\n)+", DOCUMENT.read_text("utf-8"), re.MULTILINE)
    [code] = [block for block in blocks if "def load(" in block]
    names = {}
    exec(textwrap.dedent(code), names)
    labels, predict = names["load"](folder)
    return labels, predict(texts)


def classification(folder, texts):
    if torch:
        tokenizer = transformers.AutoTokenizer.from_pretrained(folder)
        model = transformers.AutoModelForSequenceClassification.from_pretrained(folder).eval()
        with torch.no_grad():
            logits = model(**tokenizer(texts, padding=True, truncation=True, return_tensors="pt")).logits
        names, found = model.config.id2label, logits.softmax(-1).numpy()
    else:
        model = Bert(folder, "bert.")
        first = np.stack([model.states(text)[0] for text in texts])
        model.prefix, pooled = "", np.tanh(model.linear("pooler.dense", first))
        logits = model.linear("classifier", pooled)
        names, found = {int(id): label for id, label in model.config["id2label"].items()}, softmax(logits)
    return [names[index] for index in range(len(names))], found


def predicted(name, labels):
    rows = [json.loads(line) for line in (WORK / f"{name}.jsonl").read_text("utf-8").splitlines()]
    return np.array([[row["prediction"]["scores"][label] for label in labels] for row in rows])


def main():
    texts = [json.loads(line)["text"] for line in (WORK / "rows.jsonl").read_text("utf-8").splitlines()]
    if torch:
        libraries = (torch, transformers, sentence_transformers)
        print("export: by", ", ".join(f"{library.__name__} {library.__version__}" for library in libraries))
    else:
        print("export: by numpy alone; GLOSS_PEERS names a Python with transformers and sentence-transformers")
    failed = False
    for name in sys.argv[2:]:
        folder = WORK / "exports" / name
        form = json.loads((folder / "head.json").read_text("utf-8"))["form"]
        if name == "ridge" and form != name:
            sys.exit("export: the probe on many rows is no ridge regression")
        open_folder = classification if name.startswith("cls") else sentences
        labels, found = open_folder(str(folder), texts)
        gloss = predicted(name, labels)
        for what, other in ("Python", found), ("import", predicted(f"{name}-again", labels)):
            apart = float(np.abs(other - gloss).max())
            print(f"export: {name} ({form}), {what}: {len(texts)} rows, probabilities at most {apart:.1e} apart")
            failed |= not apart < NEAR
    sys.exit("export: further apart than 1e-3" if failed else 0)


main()
