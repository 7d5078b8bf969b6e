"""Write what Python answers to a table of index expressions.

    pip install torch==2.13.0
    python make_indexing.py > ../resources/golden/indexing.txt

A line is a case, its fields separated by tabs: the shape of x (whose elements are 0, 1, 2, ...); the indices; then
"error" and the name of the exception, or: the shape of x[indices], its strides (a "-" for a copy), its elements, and the
elements of x after x[indices] = -1 and after x[indices] = 100, 101, 102, ...

Indices are separated by ";". A tensor is i or b (integers or truth values), its shape, and its elements: i2x2[0,1,1,0].
"""
import re

import torch

TABLE = {
    "5": "0; -1; 4; 5; -6; 1:3; 1:; :3; :; ::2; 1:4:2; -3:-1; 3:1; 0:100; -100:2; 100:; ::7; ...; None; True; False;"
         "None,0; 0,None; ...,None; None,...; 0,0; ...,0; 0,...; i[0,2,-1]; i[4]; i0[1]; i[5]; i[-6]; i2x2[0,1,1,0];"
         "b5[1,0,1,0,1]; b5[0,0,0,0,0]; b4[1,0,1,0]; i0[]; None,i[1,2]; True,0; i[0,1],None; 1:4,None; b5[1,0,0,0,1],None",
    "3x4": "0; -1; 0,1; -1,-1; 3; 0,4; 0,-5; 1:; :,1; :,-1; :,1:3; ::2,::3; 1:2,2:; 0:0; 0:0,1; ...; ...,0; 0,...; ...,1:3;"
           "None; :,None; None,:,1; ...,None; 1,None; :,None,1:,None; 0,0,0; 0,0,...; ...,0,0; True; False; :,True;"
           "i[2,0]; :,i[3,0]; i[0,2],i[1,3]; i2x1[0,2],i[1,3]; i[0,1],0; 0,i[0,1]; i[0,1],:; i[0,1],1:3; 1:,i[3,3,0];"
           "i[0,1],i[0,1,2]; b3[1,0,1]; b3[1,0,1],1; :,b4[0,1,1,0]; b3x4[1,0,0,1,0,0,1,0,0,0,0,1]; b3[1,1,0],b4[0,1,1,0];"
           "b3[1,1,0],i[0,3]; i[3]; :,i[4]; :,i[-5]; b4[1,0,0,1]; i0[2]; i0[2],1; i0[2],i[1,2]; i2x2[0,1,2,0],1:3; ...,i[0,0];"
           "None,i[0,1]; i[0,1],None; b0[1]; b0[0]; 1,b4[1,0,0,1]",
    "2x3x4": "0,:,1; :,0,:; ...,-1; 0,...,0; :,1:,::2; None,...,None; ...,None,:; :,:,None,0; 1,2,3; 1,2,3,0; 1,-1; 1,1:,2;"
             "i[0,1],:,i[2,3]; :,i[0,2],i[1,3]; i[0,1],i[0,2],:; 0,:,i[1,2]; :,0,i[1,2]; i[1,0],0; i[1],...,0; :,i2x2[0,1,2,0];"
             "i2x2[0,1,1,0],:,i[2,3]; b2[1,0]; b2[0,1],:,i[2]; :,b3[1,0,1]; b2x3[1,0,0,1,0,1]; b2x3[1,0,0,1,0,1],1; :,b3x4[1,0,0,1,0,0,1,0,0,0,0,1];"
             "i[0,1],None,i[0,2]; ...,i[0,3]; ...,b4[1,0,0,1]; 0:1,i[2],::3; None,1,i[0,1],1:; True,...; 0,True,i[1]; :,:,:,0;"
             "b2x4[1,0,0,0,1,1,1,1]; i0[1],...,i0[0]; 1:,:,i[0,1]; i[0,1],1,i[0,1]",
    "": "...; None; True; False; 0; :; b0[1]; b0[0]; None,None; i0[0]",
    "0x3": "0; :; :,1; i0[]; b0x3[]; ...,None; 0:1; i[0]",
}


def index(token):
    tensor = re.fullmatch(r"([ib])([\dx]*)\[([\d,-]*)\]", token)
    if tensor:
        numbers = [int(n) for n in tensor[3].split(",") if n]
        shape = [int(n) for n in tensor[2].split("x")] if tensor[2] else [len(numbers)]
        shape = [] if tensor[2] == "0" and numbers else shape  # i0[7] has no dimensions, i0[] has one
        return torch.tensor(numbers, dtype=torch.long if tensor[1] == "i" else torch.bool).reshape(shape)
    return eval(f"_[{token}]", {"_": type("", (), {"__getitem__": lambda self, i: i})()})


def numbers(tensor):
    return ",".join(str(n) for n in tensor.reshape(-1).tolist())


def tokens(text):
    return re.findall(r"(?:\[[^]]*\]|[^,\[])+", text)


for name, cases in TABLE.items():
    shape = [int(n) for n in name.split("x")] if name else []
    for case in cases.split(";"):
        case = case.strip()
        make = lambda: torch.arange(torch.Size(shape).numel()).reshape(shape)
        indices = tuple(index(token) for token in tokens(case))
        fields = [name, ";".join(tokens(case))]
        try:
            x = make()
            result = x[indices]
            is_view = not any(isinstance(i, (bool, torch.Tensor)) for i in indices)
            fields += ["x".join(map(str, result.shape)), ",".join(map(str, result.stride())) if is_view else "-"]
            fields += [numbers(result)]
            x[indices] = -1
            fields += [numbers(x)]
            x = make()
            x[indices] = torch.arange(100, 100 + result.numel()).reshape(result.shape)
            fields += [numbers(x)]
        except Exception as e:
            fields = fields[:2] + ["error", type(e).__name__]
        print("\t".join(fields))
