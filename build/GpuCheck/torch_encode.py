# Times a BERT encoder in PyTorch on a CUDA device, random weights: float32 (without TF32), float16, bfloat16.
# usage: torch_encode.py SECONDS BATCHxTOKENS,... NAME:LAYERS:HIDDEN:HEADS ...
import statistics
import sys
import time

try:
    import torch
    from torch import nn
    from torch.nn import functional as F
except ImportError:
    print("python3 has no torch, so no PyTorch to compare with.")
    sys.exit(0)


class Layer(nn.Module):
    def __init__(self, hidden, heads):
        super().__init__()
        self.heads = heads
        self.qkv = nn.Linear(hidden, 3 * hidden)
        self.out = nn.Linear(hidden, hidden)
        self.norm1 = nn.LayerNorm(hidden, eps=1e-12)
        self.up = nn.Linear(hidden, 4 * hidden)
        self.down = nn.Linear(4 * hidden, hidden)
        self.norm2 = nn.LayerNorm(hidden, eps=1e-12)

    def forward(self, x):
        batch, tokens, hidden = x.shape
        q, k, v = self.qkv(x).view(batch, tokens, 3, self.heads, hidden // self.heads).permute(2, 0, 3, 1, 4)
        context = F.scaled_dot_product_attention(q, k, v).transpose(1, 2).reshape(batch, tokens, hidden)
        x = self.norm1(x + self.out(context))
        return self.norm2(x + self.down(F.gelu(self.up(x))))


class Encoder(nn.Module):
    def __init__(self, layers, hidden, heads):
        super().__init__()
        self.tokens = nn.Embedding(2000, hidden)
        self.positions = nn.Embedding(512, hidden)
        self.norm = nn.LayerNorm(hidden, eps=1e-12)
        self.layers = nn.ModuleList(Layer(hidden, heads) for _ in range(layers))

    def forward(self, ids):
        x = self.norm(self.tokens(ids) + self.positions(torch.arange(ids.shape[1], device=ids.device)))
        for layer in self.layers:
            x = layer(x)
        return F.normalize(x.mean(1), dim=-1)


def measure(model, batch, tokens, seconds):
    ids = torch.randint(0, 2000, (batch, tokens))
    times = []
    with torch.inference_mode():
        for _ in range(5):
            model(ids.cuda()).cpu()
        begin = time.perf_counter()
        while len(times) < 5 or time.perf_counter() - begin < seconds:
            start = time.perf_counter()
            model(ids.cuda()).cpu()
            times.append((time.perf_counter() - start) * 1000)
    return statistics.median(times)


def main():
    if not torch.cuda.is_available():
        print("PyTorch finds no CUDA device, so there is no PyTorch to compare with.")
        return
    print(f"PyTorch {torch.__version__}, CUDA {torch.version.cuda}, {torch.cuda.get_device_name()}")
    torch.backends.cuda.matmul.allow_tf32 = False
    seconds = float(sys.argv[1])
    shapes = [tuple(int(n) for n in shape.split("x")) for shape in sys.argv[2].split(",")]
    for name, layers, hidden, heads in (model.split(":") for model in sys.argv[3:]):
        for engine, kind in (("torch-fp32", torch.float32), ("torch-fp16", torch.float16), ("torch-bf16", torch.bfloat16)):
            model = Encoder(int(layers), int(hidden), int(heads)).cuda().to(kind).eval()
            for batch, tokens in shapes:
                print(engine, name, batch, tokens, measure(model, batch, tokens, seconds), sep="\t", flush=True)


main()
