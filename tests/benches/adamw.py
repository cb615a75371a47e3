"""A step of PyTorch's fused AdamW over one vector, its gradient cut to a length of 1 first: adamw.py PARAMETERS STEPS"""

import sys
import time

import torch

parameters, steps = int(sys.argv[1]), int(sys.argv[2])
values = torch.full((parameters,), 0.1, requires_grad=True)
values.grad = torch.zeros(parameters)
optimizer = torch.optim.AdamW([values], lr=1e-4, weight_decay=0.01, fused=True)
times = []
for step in range(steps + 3):
    values.grad.fill_(1e-3)
    started = time.perf_counter()
    torch.nn.utils.clip_grad_norm_([values], 1.0)
    optimizer.step()
    times.append((time.perf_counter() - started) * 1e3)
times = sorted(times[3:])
print(f"{parameters} parameters, 1 gradient: best {times[0]:.1f} ms, median {times[steps // 2]:.1f}, worst {times[-1]:.1f}")
