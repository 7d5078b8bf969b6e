"""Makes the golden files of captions: vocabularies by the tokenizers library, encoders by PyTorch.

    pip install torch==2.13.0 numpy safetensors tokenizers
    python make_text_goldens.py                 # rewrites ../resources/goldens/text-*

text-vocabulary/: captions.json (what is learnt from, and texts with the tokens that come out) and tokenizer.json
text-encoder/: a folder as TransformerTextEncoder writes it, with outputs.safetensors: ids, mask, output, loss, grad.*
text-script.ts: an encoder as a TorchScript file; text-script-*.ts: some that do not fit
"""
import json
from pathlib import Path

import torch
from safetensors.torch import save_file
from tokenizers import Tokenizer, decoders, models, pre_tokenizers, processors, trainers
from torch import nn

RESOURCES = Path(__file__).resolve().parent.parent / "resources" / "goldens"
SEED = 20_240_310
VOCABULARY_SIZE = 420
SPECIAL = ["<pad>", "<start>", "<end>"]

THINGS = ["face", "face with tears of joy", "cat face", "grinning cat face with smiling eyes", "heart", "heavy black heart",
          "sun with face", "dog face", "horse racing", "thumbs up sign", "waving hand sign", "flag", "person running"]
CAPTIONS = [f"{adjective} {thing}" for thing in THINGS for adjective in ("smiling", "black", "white", "heavy")]
CAPTIONS += ["crème brûlée", "piñata", "Japanese “secret” button (祕)", "🙂 smiling face", "🙂🙂🙃", "aaaa aaaa aaa", "i'm 30, you're 31"]

TEXTS = CAPTIONS[:8] + [
    "", " ", "  two  spaces ", "tab\tand\nnewline\r\n", "SHOUTING Face", "naïve café", "e\u0301 is not é", "日本語のテキスト",
    "👩‍👩‍👧‍👦 family", "🏴󠁧󠁢󠁳󠁣󠁴󠁿", "mixed123numbers ½ ²", "it's we'll I'd you've", "<pad> <start>", "\u0000\u0001\u007f\u00a0\u2003x",
    "aaaaaaaaaaaaaaaaa", "עברית ومرحبا", "!?#$%&*", "smilingfacewith", "\ufffd\uffff", "long " * 300,
]


def train():
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel(add_prefix_space=False)
    # Neither special nor added while texts are encoded: their names in a caption are letters.
    trainer = trainers.BpeTrainer(vocab_size=VOCABULARY_SIZE, min_frequency=2, show_progress=False,
                                  special_tokens=SPECIAL, initial_alphabet=pre_tokenizers.ByteLevel.alphabet())
    tokenizer.train_from_iterator(CAPTIONS, trainer)
    return tokenizer


def make_vocabulary(folder):
    folder.mkdir(parents=True, exist_ok=True)
    tokenizer = train()
    # As ids and merges only, so that the names of special tokens are not found in texts.
    state = json.loads(tokenizer.to_str())
    plain = Tokenizer.from_str(json.dumps({**state, "added_tokens": []}))
    texts = []
    for text in TEXTS:
        ids = plain.encode(text).ids
        assert plain.decode(ids) == text, text
        texts.append(dict(text=text, ids=ids))
    (folder / "captions.json").write_text(json.dumps(dict(size=VOCABULARY_SIZE, min_frequency=2, captions=CAPTIONS, texts=texts), indent=1) + "\n")
    start, end = ((name, tokenizer.token_to_id(name)) for name in SPECIAL[1:])
    tokenizer.post_processor = processors.TemplateProcessing(
        single="<start> $A <end>", pair="<start> $A <end> $B:1 <end>:1", special_tokens=[start, end])
    (folder / "tokenizer.json").write_text(json.dumps(json.loads(tokenizer.to_str()), indent=1) + "\n")
    print(f"vocabulary: {tokenizer.get_vocab_size()} tokens, {len(state['model']['merges'])} merges")
    return tokenizer


class Encoder(nn.Module):
    def __init__(self, size, length, width, layers, heads):
        super().__init__()
        self.token_embedding = nn.Parameter(torch.empty(size, width).normal_(0, 0.02))
        self.position_embedding = nn.Parameter(torch.empty(length, width).normal_(0, 0.01))
        layer = lambda: nn.TransformerEncoderLayer(width, heads, 4 * width, dropout=0.0, activation="gelu",
                                                   batch_first=True, norm_first=True)
        self.transformer = nn.TransformerEncoder(layer(), layers, nn.LayerNorm(width), enable_nested_tensor=False)
        # PyTorch copies the layer.
        for i in range(1, layers):
            self.transformer.layers[i] = layer()

    def forward(self, ids, mask):
        x = self.token_embedding[ids] + self.position_embedding[:ids.shape[1]]
        return self.transformer(x, src_key_padding_mask=~mask)


def batch(tokenizer, captions, length):
    rows, masks = [], []
    for caption in captions:
        ids = tokenizer.encode(caption, add_special_tokens=False).ids[:length - 2]
        ids = [1, *ids, 2]
        rows.append(ids + [0] * (length - len(ids)))
        masks.append([True] * len(ids) + [False] * (length - len(ids)))
    return torch.tensor(rows), torch.tensor(masks)


def make_encoder(folder, tokenizer):
    folder.mkdir(parents=True, exist_ok=True)
    size, length, width, layers, heads = tokenizer.get_vocab_size(), 7, 8, 2, 2
    torch.manual_seed(SEED)
    model = Encoder(size, length, width, layers, heads)
    ids, mask = batch(tokenizer, ["smiling cat face", "", "heavy black heart and many more words"], length)
    output = model(ids, mask)
    loss = (output.square() * mask[..., None]).cos().mean()
    loss.backward()
    outputs = dict(ids=ids, mask=mask, output=output.detach(), loss=loss.detach())
    outputs |= {f"grad.{k}": p.grad for k, p in model.named_parameters()}
    save_file(outputs, folder / "outputs.safetensors")
    save_file({k: p.detach() for k, p in model.named_parameters()}, folder / "model.safetensors", {"format": "pt"})
    config = dict(vocabulary_size=size, max_length=length, width=width, layers=layers, heads=heads, dropout=0.0)
    (folder / "config.json").write_text(json.dumps(config, indent=2) + "\n")
    (folder / "tokenizer.json").write_text((RESOURCES / "text-vocabulary" / "tokenizer.json").read_text())
    print(f"encoder: {sum(p.numel() for p in model.parameters()):,} parameters, loss {loss.item():.6f}")


class Script(nn.Module):
    def __init__(self, size, width):
        super().__init__()
        self.table = nn.Embedding(size, width)

    def forward(self, ids: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
        return self.table(ids) * mask.unsqueeze(2)


class Flat(Script):
    def forward(self, ids: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
        return self.table(ids).mean(1)


class OneArgument(Script):
    def forward(self, ids: torch.Tensor) -> torch.Tensor:
        return self.table(ids)


def make_scripts(size):
    torch.manual_seed(SEED)
    for name, module in {"": Script(size, 3), "-flat": Flat(size, 3), "-one-argument": OneArgument(size, 3)}.items():
        torch.jit.save(torch.jit.script(module), RESOURCES / f"text-script{name}.ts")


if __name__ == "__main__":
    torch.set_num_threads(1)
    made = make_vocabulary(RESOURCES / "text-vocabulary")
    make_encoder(RESOURCES / "text-encoder", made)
    make_scripts(made.get_vocab_size())
