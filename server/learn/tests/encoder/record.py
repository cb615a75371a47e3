"""Records what PyTorch makes of tiny encoders whose weights both sides compute: python record.py > expected.json

Needs torch, transformers and tokenizers. Weights are a formula of a tensor's name and of the place in it, see `fill`.
"""

import json
import math
import pathlib
import sys

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
    json.dump({"texts": TEXTS, "vectors": expected}, sys.stdout, indent=None)


main()
