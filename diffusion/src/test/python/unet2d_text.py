"""Reference UNet with text for parity tests: that of unet2d.py with attention to a text, plain PyTorch.

Architecture and parameter names of the `UNet2DConditionModel` that the Hugging Face diffusers library saves, so weights go
both ways. The attention is the spatial transformer of Rombach et al., "High-Resolution Image Synthesis with Latent
Diffusion Models" (2022).
"""
import torch
import torch.nn.functional as F
from torch import nn

import unet2d
from dit import Holder, attend

DEFAULTS = dict(
    sample_size=64, in_channels=4, out_channels=4, center_input_sample=False, freq_shift=0, flip_sin_to_cos=True,
    down_block_types=("CrossAttnDownBlock2D",) * 3 + ("DownBlock2D",),
    up_block_types=("UpBlock2D",) + ("CrossAttnUpBlock2D",) * 3,
    block_out_channels=(320, 640, 1280, 1280), layers_per_block=2, downsample_padding=1, dropout=0.0,
    attention_head_dim=8, norm_num_groups=32, norm_eps=1e-5, resnet_time_scale_shift="default", num_class_embeds=None,
    cross_attention_dim=1280,
)
FIXED = dict(
    act_fn="silu", addition_embed_type=None, addition_embed_type_num_heads=64, addition_time_embed_dim=None,
    attention_type="default", class_embed_type=None, class_embeddings_concat=False, conv_in_kernel=3, conv_out_kernel=3,
    cross_attention_norm=None, dual_cross_attention=False, encoder_hid_dim=None, encoder_hid_dim_type=None,
    mid_block_only_cross_attention=None, mid_block_scale_factor=1, mid_block_type="UNetMidBlock2DCrossAttn",
    num_attention_heads=None, only_cross_attention=False, projection_class_embeddings_input_dim=None,
    resnet_out_scale_factor=1.0, resnet_skip_time_act=False, reverse_transformer_layers_per_block=None,
    time_cond_proj_dim=None, time_embedding_act_fn=None, time_embedding_dim=None, time_embedding_type="positional",
    timestep_post_act=None, transformer_layers_per_block=1, upcast_attention=False, use_linear_projection=False,
)


class Projections(nn.Module):
    def __init__(self, channels, context, heads):
        super().__init__()
        self.heads = heads
        self.to_q = nn.Linear(channels, channels, bias=False)
        self.to_k, self.to_v = (nn.Linear(context, channels, bias=False) for _ in range(2))
        self.to_out = nn.ModuleList([nn.Linear(channels, channels)])

    def forward(self, x, context, mask=None):
        return self.to_out[0](attend(self.to_q(x), self.to_k(context), self.to_v(context), self.heads, mask))


class TransformerBlock(nn.Module):
    def __init__(self, channels, context, heads):
        super().__init__()
        self.norm1, self.attn1 = nn.LayerNorm(channels), Projections(channels, channels, heads)
        self.norm2, self.attn2 = nn.LayerNorm(channels), Projections(channels, context, heads)
        self.norm3 = nn.LayerNorm(channels)
        self.ff = Holder(net=nn.ModuleList([Holder(proj=nn.Linear(channels, 8 * channels)), nn.Dropout(0.0),
                                            nn.Linear(4 * channels, channels)]))

    def forward(self, x, text, mask):
        y = self.norm1(x)
        x = x + self.attn1(y, y)
        x = x + self.attn2(self.norm2(x), text, mask)
        value, gate = self.ff.net[0].proj(self.norm3(x)).chunk(2, dim=-1)
        return x + self.ff.net[2](value * F.gelu(gate))


class TextAttention(nn.Module):
    told = None  # the text and its mask, set before each run of the network

    def __init__(self, channels, context, heads, groups):
        super().__init__()
        self.norm, self.proj_in = nn.GroupNorm(groups, channels, 1e-6), nn.Conv2d(channels, channels, 1)
        self.transformer_blocks = nn.ModuleList([TransformerBlock(channels, context, heads)])
        self.proj_out = nn.Conv2d(channels, channels, 1)

    def forward(self, x):
        y = self.proj_in(self.norm(x))
        y = self.transformer_blocks[0](y.flatten(2).mT, *TextAttention.told)
        return x + self.proj_out(y.mT.reshape(x.shape).contiguous())


class UNet2DText(nn.Module):
    """forward(sample (B, Cin, H, W), timestep (B,), class_labels (B,), text (B, L, D), text_mask (B, L)) -> (B, Cout, H, W)

    Made by giving the plain network other attentions.
    """

    def __new__(cls, **config):
        cfg = {**DEFAULTS, **config}
        heads = cfg["attention_head_dim"]  # the number of heads, as diffusers reads it
        plain = {k: v for k, v in cfg.items() if k not in ("cross_attention_dim", "null_class_embed")}
        for key in ("down_block_types", "up_block_types"):
            plain[key] = tuple(kind.removeprefix("Cross") for kind in cfg[key])
        original = unet2d.Attention
        unet2d.Attention = lambda channels, head_dim, groups, eps: TextAttention(
            channels, cfg["cross_attention_dim"], heads, cfg["norm_num_groups"])
        try:
            model = unet2d.UNet2D(**plain, add_attention=True)
        finally:
            unet2d.Attention = original
        model.config = cfg
        run = model.forward

        def forward(sample, timestep, class_labels=None, text=None, text_mask=None):
            TextAttention.told = text, text_mask
            return run(sample, timestep, class_labels)

        model.forward = forward
        return model
