"""Makes ../resources/goldens/events.tfevents with TensorBoard's own classes, or reads what TensorBoard finds in a folder.

    pip install tensorboard
    python make_event_goldens.py             # makes the golden: the events of EventFileTest
    python make_event_goldens.py DIR         # prints what TensorBoard reads from a run's folder `tensorboard`
"""
import sys
from pathlib import Path

from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
from tensorboard.compat.proto.event_pb2 import Event, SessionLog
from tensorboard.compat.proto.summary_pb2 import HistogramProto, Summary
from tensorboard.summary.writer.record_writer import RecordWriter

OUT = Path(__file__).resolve().parent.parent / "resources" / "goldens" / "events.tfevents"
TIME = 1_700_000_000.25
# A PNG of two pixels by one, black.
PNG = bytes.fromhex("89504e470d0a1a0a0000000d494844520000000200000001080000000001d4e1340000000b49444154789c6360600000"
                    "0003000136f2a1a50000000049454e44ae426082")


def histogram():
    """Of 0, 1, ..., 127 and, in an interval of their own, none: 64 equal intervals."""
    values = list(range(128))
    width = 127 / 64
    limits = [(i + 1) * width for i in range(63)] + [127.0]
    counts = [0.0] * 64
    for value in values:
        counts[min(63, int(value / width))] += 1
    return HistogramProto(min=0, max=127, num=128, sum=sum(values), sum_squares=sum(v * v for v in values),
                          bucket_limit=limits, bucket=counts)


def events():
    yield Event(wall_time=TIME, file_version="brain.Event:2")
    yield Event(wall_time=TIME, step=301, session_log=SessionLog(status=SessionLog.START))
    values = [
        (301, Summary.Value(tag="training/loss", simple_value=0.125)),
        (302, Summary.Value(tag="training/loss", simple_value=0)),
        (5_000_000_000, Summary.Value(tag="Größe", simple_value=-1e-30)),
        (302, Summary.Value(tag="samples",
                            image=Summary.Image(height=1, width=2, colorspace=3, encoded_image_string=PNG))),
        (302, Summary.Value(tag="weights/a", histo=histogram())),
    ]
    for step, value in values:
        yield Event(wall_time=TIME, step=step, summary=Summary(value=[value]))


def make():
    with open(OUT, "wb") as file:
        writer = RecordWriter(file)
        for event in events():
            writer.write(event.SerializeToString(deterministic=True))


def show(folder):
    board = EventAccumulator(str(folder), size_guidance={"scalars": 0, "images": 0, "histograms": 0})
    board.Reload()
    tags = board.Tags()
    for name in tags["scalars"]:
        print("scalar   ", name, [(event.step, event.value) for event in board.Scalars(name)])
    for name in tags["images"]:
        print("image    ", name, [(event.step, event.width, event.height, len(event.encoded_image_string))
                                  for event in board.Images(name)])
    for name in tags["histograms"]:
        print("histogram", name, [(event.step, event.histogram_value.num, event.histogram_value.min,
                                   event.histogram_value.max) for event in board.Histograms(name)])
    for name in tags["tensors"]:
        print("tensor   ", name, [event.step for event in board.Tensors(name)])


if __name__ == "__main__":
    show(sys.argv[1]) if len(sys.argv) > 1 else make()
