"""Reference DiT for parity tests: plain PyTorch, one file, from the formulas of the papers.

Peebles and Xie, "Scalable Diffusion Models with Transformers" (arXiv 2212.09748): figure 3 and section 3.2 (adaLN-Zero).
Attention to a text: Chen et al., "PixArt-alpha" (arXiv 2310.00426), section 2.2. Parameters have the names of the
published weights, and are drawn in the order in which the published networks draw them.

    python dit.py      # self-check: parameter counts of the published sizes, attention and position embedding by hand
"""
import math

import numpy as np
import torch
import torch.nn.functional as F
from torch import nn

SIZES = dict(S=(12, 384, 6), B=(12, 768, 12), L=(24, 1024, 16), XL=(28, 1152, 16))
DEFAULTS = dict(
    sample_size=32, in_channels=3, patch_size=4, hidden_size=384, depth=12, num_heads=6, mlp_ratio=4.0,
    num_class_embeds=None, null_class_embed=False, cross_attention_dim=None, learn_sigma=False,
)


def attend(q, k, v, heads, mask=None):
    """(B, L, C), (B, S, C), (B, S, C) to (B, L, C); mask (B, S)."""
    split = lambda y: y.unflatten(-1, (heads, -1)).transpose(1, 2)
    mask = None if mask is None else mask[:, None, None, :]
    return F.scaled_dot_product_attention(split(q), split(k), split(v), attn_mask=mask).transpose(1, 2).flatten(2)


def modulate(x, shift, scale):
    return x * (1 + scale[:, None]) + shift[:, None]


def position_embedding(dim, size):
    """(1, size * size, dim): half of the numbers for the column, half for the row; sines before cosines."""
    omega = 10000.0 ** -(np.arange(dim // 4) / (dim // 4))
    row, column = np.divmod(np.arange(size * size), size)
    half = lambda p: np.concatenate([np.sin(p[:, None] * omega), np.cos(p[:, None] * omega)], axis=1)
    return torch.from_numpy(np.concatenate([half(column), half(row)], axis=1)).float()[None]


class Holder(nn.Module):
    """Modules under names."""

    def __init__(self, **modules):
        super().__init__()
        for name, module in modules.items():
            if module is not None:
                self.add_module(name, module)


def mlp(cin, hidden, cout):
    return Holder(fc1=nn.Linear(cin, hidden), fc2=nn.Linear(hidden, cout))


def run_mlp(m, x):
    return m.fc2(F.gelu(m.fc1(x), approximate="tanh"))


class Block(nn.Module):
    def __init__(self, cfg):
        super().__init__()
        d, self.heads = cfg["hidden_size"], cfg["num_heads"]
        self.attn = Holder(qkv=nn.Linear(d, 3 * d), proj=nn.Linear(d, d))
        if cfg["cross_attention_dim"]:
            self.cross_attn = Holder(q_linear=nn.Linear(d, d), kv_linear=nn.Linear(d, 2 * d), proj=nn.Linear(d, d))
        self.mlp = mlp(d, int(d * cfg["mlp_ratio"]), d)
        self.adaLN_modulation = nn.Sequential(nn.SiLU(), nn.Linear(d, 6 * d))

    def forward(self, x, c, text, mask):
        norm = lambda y: F.layer_norm(y, y.shape[-1:], eps=1e-6)
        shift1, scale1, gate1, shift2, scale2, gate2 = self.adaLN_modulation(c).chunk(6, dim=1)
        q, k, v = self.attn.qkv(modulate(norm(x), shift1, scale1)).chunk(3, dim=2)
        x = x + gate1[:, None] * self.attn.proj(attend(q, k, v, self.heads))
        if text is not None:
            k, v = self.cross_attn.kv_linear(text).chunk(2, dim=2)
            x = x + self.cross_attn.proj(attend(self.cross_attn.q_linear(x), k, v, self.heads, mask))
        return x + gate2[:, None] * run_mlp(self.mlp, modulate(norm(x), shift2, scale2))


class DiT(nn.Module):
    """forward(sample (B, C, H, W), timestep (B,), class_labels (B,), text (B, L, D), text_mask (B, L)) -> (B, C or 2C, H, W)"""

    def __init__(self, **config):
        super().__init__()
        cfg = self.config = {**DEFAULTS, **config}
        d, p = cfg["hidden_size"], cfg["patch_size"]
        self.out = cfg["in_channels"] * (2 if cfg["learn_sigma"] else 1)
        self.grid = cfg["sample_size"] // p
        self.x_embedder = Holder(proj=nn.Conv2d(cfg["in_channels"], d, p, stride=p))
        self.t_embedder = Holder(mlp=nn.Sequential(nn.Linear(256, d), nn.SiLU(), nn.Linear(d, d)))
        classes, text = cfg["num_class_embeds"], cfg["cross_attention_dim"]
        if classes or text:
            self.y_embedder = Holder(embedding_table=nn.Embedding(classes, d) if classes else None,
                                     y_proj=mlp(text, d, d) if text else None)
        self.register_buffer("pos_embed", position_embedding(d, self.grid))
        self.blocks = nn.ModuleList(Block(cfg) for _ in range(cfg["depth"]))
        self.final_layer = Holder(linear=nn.Linear(d, p * p * self.out),
                                  adaLN_modulation=nn.Sequential(nn.SiLU(), nn.Linear(d, 2 * d)))
        self.initialise()

    @torch.no_grad()
    def initialise(self):
        for m in self.modules():
            if isinstance(m, nn.Linear):
                nn.init.xavier_uniform_(m.weight)
                m.bias.zero_()
        w = self.x_embedder.proj.weight
        nn.init.xavier_uniform_(w.view(w.shape[0], -1))
        self.x_embedder.proj.bias.zero_()
        if self.config["num_class_embeds"]:
            nn.init.normal_(self.y_embedder.embedding_table.weight, std=0.02)
        if self.config["cross_attention_dim"]:
            nn.init.normal_(self.y_embedder.y_proj.fc1.weight, std=0.02)
            nn.init.normal_(self.y_embedder.y_proj.fc2.weight, std=0.02)
        nn.init.normal_(self.t_embedder.mlp[0].weight, std=0.02)
        nn.init.normal_(self.t_embedder.mlp[2].weight, std=0.02)
        zeros = [b.adaLN_modulation[1] for b in self.blocks] + [self.final_layer.adaLN_modulation[1], self.final_layer.linear]
        if self.config["cross_attention_dim"]:
            zeros += [b.cross_attn.proj for b in self.blocks]
        for m in zeros:
            m.weight.zero_()
            m.bias.zero_()

    def forward(self, sample, timestep, class_labels=None, text=None, text_mask=None):
        x = self.x_embedder.proj(sample).flatten(2).transpose(1, 2) + self.pos_embed
        freq = torch.exp(-math.log(10000) * torch.arange(128, dtype=torch.float32) / 128)
        angle = timestep.float()[:, None] * freq[None]
        c = self.t_embedder.mlp(torch.cat([angle.cos(), angle.sin()], dim=-1))
        if class_labels is not None:
            c = c + self.y_embedder.embedding_table(class_labels)
        if text is not None:
            text = run_mlp(self.y_embedder.y_proj, text)
        for block in self.blocks:
            x = block(x, c, text, text_mask)
        shift, scale = self.final_layer.adaLN_modulation(c).chunk(2, dim=1)
        x = self.final_layer.linear(modulate(F.layer_norm(x, x.shape[-1:], eps=1e-6), shift, scale))
        p, g = self.config["patch_size"], self.grid
        return torch.einsum("nhwpqc->nchpwq", x.reshape(-1, g, g, p, p, self.out)).reshape(-1, self.out, g * p, g * p)


if __name__ == "__main__":
    for name, (depth, hidden, heads) in SIZES.items():
        with torch.device("meta"):
            counts = []
            for patch in (2, 4, 8):
                model = Holder(blocks=nn.ModuleList(Block({**DEFAULTS, "hidden_size": hidden, "num_heads": heads}) for _ in range(depth)))
                rest = 4 * patch * patch * hidden + hidden + 256 * hidden + hidden + hidden * hidden + hidden + 1001 * hidden
                rest += hidden * patch * patch * 8 + patch * patch * 8 + 2 * hidden * hidden + 2 * hidden
                counts.append(sum(p.numel() for p in model.parameters()) + rest)
        print(f"DiT-{name}/2, /4, /8 for ImageNet:", *(f"{c:,}" for c in counts))
    torch.manual_seed(0)
    q, k, v = torch.randn(3, 2, 5, 8)
    keep = torch.tensor([[True] * 5, [True, True, False, False, False]])
    for head in range(2):
        s = slice(4 * head, 4 * head + 4)
        scores = q[..., s] @ k[..., s].mT / math.sqrt(4)
        byhand = scores.masked_fill(~keep[:, None], -torch.inf).softmax(-1) @ v[..., s]
        torch.testing.assert_close(byhand, attend(q, k, v, 2, keep)[..., s])
    e = position_embedding(8, 3)[0]  # token 5 is row 1, column 2
    torch.testing.assert_close(e[5], torch.tensor([math.sin(2), math.sin(.02), math.cos(2), math.cos(.02),
                                                   math.sin(1), math.sin(.01), math.cos(1), math.cos(.01)]))
