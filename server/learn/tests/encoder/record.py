"""Records what PyTorch makes of tiny encoders whose weights both sides compute: python record.py > expected.json

Needs torch, transformers, tokenizers and numpy. Weights are a formula of a tensor's name and of the place in it, see `fill`. Of a
gradient it records its length and 16 sums of its numbers with signs by chance: the squared error of such a sum is, in the mean,
that of the whole gradient (Johnson and Lindenstrauss 1984).
"""

import json
import math
import pathlib
import sys

import numpy as np
import torch
import transformers
from tokenizers import Tokenizer

HERE = pathlib.Path(__file__).parent
TEXTS = [
    "my card was charged twice",
    "refund please",
    "the app is slow and the app is broken again and again and I cannot log in to my order of the card",
    "",
]
SIZES = dict(vocab_size=34, max_position_embeddings=40)
CONFIGS = {
    "bert": transformers.BertConfig(
        hidden_size=32, num_hidden_layers=2, num_attention_heads=4, intermediate_size=48, type_vocab_size=2, **SIZES
    ),
    "roberta": transformers.RobertaConfig(
        hidden_size=32, num_hidden_layers=2, num_attention_heads=2, intermediate_size=48, type_vocab_size=1,
        pad_token_id=0, layer_norm_eps=1e-5, hidden_act="gelu_new", **SIZES
    ),
    "distilbert": transformers.DistilBertConfig(dim=32, n_layers=2, n_heads=4, hidden_dim=48, **SIZES),
}


def fill(name, tensor):
    start = sum(name.encode())
    values = [math.sin(start + 0.37 * place) for place in range(tensor.numel())]
    values = torch.tensor(values, dtype=torch.float64).float().double().reshape(tensor.shape)
    if "LayerNorm.weight" in name or "layer_norm.weight" in name:
        return 1 + values / 4
    return values / 4


LENGTHS = [8, 128, 512, 3]
TARGETS = torch.tensor([0, 2, 1, 0])
SCALE = 10
SAMPLES = [[1 + (3 * sample + 7 * place + place * place) % 33 for place in range(length)]
           for sample, length in enumerate(LENGTHS)]
MASK = (1 << 64) - 1
RATE, SEED, STEP = 0.1, 7, 3
EMBEDDING, ATTENTION, PROJECTION, OUTPUT = range(4)


def mix(value):
    value = (value + 0x9E3779B97F4A7C15) & MASK
    value = ((value ^ value >> 30) * 0xBF58476D1CE4E5B9) & MASK
    value = ((value ^ value >> 27) * 0x94D049BB133111EB) & MASK
    return value ^ value >> 31


def dropped(rows, columns, site, sample, layer, first_row=0):
    """The factors of dropout.rs."""
    step = mix(SEED ^ mix(STEP + 0x5851F42D4C957F2D))
    place = mix(step ^ site << 56 ^ layer << 40 ^ sample)
    keys = np.array([mix(place ^ (first_row | row)) & 0xFFFFFFFF for row in range(rows)], dtype=np.uint32)
    hashes = keys[:, None] + (np.arange(columns, dtype=np.uint32) * np.uint32(0x9E3779B9))[None]
    hashes = (hashes ^ hashes >> np.uint32(16)) * np.uint32(0x7FEB352D)
    hashes = (hashes ^ hashes >> np.uint32(15)) * np.uint32(0x846CA68B)
    hashes ^= hashes >> np.uint32(16)
    return torch.tensor(np.where(hashes < int(float(np.float32(RATE)) * 2**32), 0.0, 1 / (1 - RATE)), dtype=torch.float64)


def states(parts, ids, sample, drop):
    """BERT, as transformers computes it, with the dropout of this project."""
    at = lambda name: (parts[f"{name}.weight"], parts[f"{name}.bias"])
    factors = lambda *where: dropped(*where) if drop else 1.0
    norm = lambda x, name: torch.nn.functional.layer_norm(x, (32,), *at(name), eps=1e-12)
    dense = lambda x, name: torch.nn.functional.linear(x, *at(name))
    n = len(ids)
    x = parts["embeddings.word_embeddings.weight"][ids] + parts["embeddings.position_embeddings.weight"][:n]
    x = norm(x + parts["embeddings.token_type_embeddings.weight"][0], "embeddings.LayerNorm")
    x = x * factors(n, 32, EMBEDDING, sample, 0)
    for layer in range(2):
        root = f"encoder.layer.{layer}"
        heads = [dense(x, f"{root}.attention.self.{name}").view(n, 4, 8).transpose(0, 1)
                 for name in ("query", "key", "value")]
        looks = (heads[0] @ heads[1].transpose(1, 2) / math.sqrt(8)).softmax(-1)
        if drop:
            looks = looks * torch.stack([dropped(n, n, ATTENTION, sample, layer, head << 24) for head in range(4)])
        context = (looks @ heads[2]).transpose(0, 1).reshape(n, 32)
        context = dense(context, f"{root}.attention.output.dense") * factors(n, 32, PROJECTION, sample, layer)
        x = norm(x + context, f"{root}.attention.output.LayerNorm")
        inner = torch.nn.functional.gelu(dense(x, f"{root}.intermediate.dense"))
        inner = dense(inner, f"{root}.output.dense") * factors(n, 32, OUTPUT, sample, layer)
        x = norm(x + inner, f"{root}.output.LayerNorm")
    return x


def loss_of(vectors, head, pairs):
    if pairs:
        cosines = vectors @ vectors.T
        same = (TARGETS[:, None] == TARGETS[None]).double()
        others = 1 - torch.eye(len(TARGETS), dtype=torch.float64)
        squares = (cosines - same) ** 2 * others
        equal = same * others
        return (squares * equal).sum() / equal.sum() / 2 + (squares * (1 - same)).sum() / (1 - same).sum() / 2
    scores = SCALE * vectors @ head["weight"].T + head["bias"]
    return torch.nn.functional.cross_entropy(scores, TARGETS, label_smoothing=0.1)


def sketch(gradient):
    values = gradient.numpy().ravel()
    hashes = np.array([mix(place) for place in range(len(values))], dtype=np.uint64)
    sums = [float(np.where(hashes >> np.uint64(bit) & np.uint64(1), values, -values).sum()) for bit in range(16)]
    return [float(f"{x:.8g}") for x in [math.sqrt((values**2).sum()), *sums]]


def gradients(family, drop, pairs):
    config = CONFIGS[family]
    config.max_position_embeddings = 520
    model = transformers.AutoModel.from_config(config, attn_implementation="eager").double().eval()
    model.load_state_dict({name: fill(name, tensor) for name, tensor in model.state_dict().items()
                           if tensor.is_floating_point()}, strict=False)
    parts = dict(model.named_parameters())
    head = {"weight": fill("head.weight", torch.zeros(3, 32)), "bias": fill("head.bias", torch.zeros(3))}
    parts |= {f"head.{name}": value.requires_grad_() for name, value in head.items()}
    vectors = []
    for sample, ids in enumerate(SAMPLES):
        if family == "bert":
            x = states(parts, ids, sample, drop)
        if not drop:
            ids = torch.tensor([ids])
            plain = model(input_ids=ids, attention_mask=torch.ones_like(ids)).last_hidden_state[0]
            assert family != "bert" or torch.allclose(x, plain, atol=1e-10)
            x = plain
        vectors.append(torch.nn.functional.normalize(x.mean(0), dim=0))
    loss = loss_of(torch.stack(vectors), head, pairs)
    loss.backward()
    slopes = {name: part.grad for name, part in parts.items() if part.grad is not None and "pooler" not in name}
    length = math.sqrt(sum((slope**2).sum() for slope in slopes.values()))
    return {"family": family, "dropout": RATE if drop else 0, "pairs": pairs, "loss": loss.item(), "length": length,
            "gradients": {name: sketch(slope) for name, slope in slopes.items()}}


def main():
    tokenizer = Tokenizer.from_file(str(HERE / "tokenizer.json"))
    tokenizer.no_truncation()
    expected = {}
    for family, config in CONFIGS.items():
        model = transformers.AutoModel.from_config(config, attn_implementation="eager").double().eval()
        model.load_state_dict({name: fill(name, tensor) for name, tensor in model.state_dict().items()
                               if tensor.is_floating_point()}, strict=False)
        vectors = {"mean": [], "cls": []}
        for text in TEXTS:
            ids = torch.tensor([tokenizer.encode(text).ids])
            with torch.no_grad():
                states = model(input_ids=ids, attention_mask=torch.ones_like(ids)).last_hidden_state[0]
            for pooling, vector in ("mean", states.mean(0)), ("cls", states[0]):
                vectors[pooling].append([round(x, 8) for x in torch.nn.functional.normalize(vector, dim=0).tolist()])
        expected[family] = vectors
    cases = [("bert", False, False), ("roberta", False, False), ("distilbert", False, False), ("bert", True, False),
             ("bert", True, True)]
    batch = {"lengths": LENGTHS, "targets": TARGETS.tolist(), "scale": SCALE, "smoothing": 0.1, "seed": SEED, "step": STEP}
    cases = [gradients(*case) for case in cases]
    json.dump({"texts": TEXTS, "vectors": expected, "batch": batch, "cases": cases}, sys.stdout, indent=None)


main()
