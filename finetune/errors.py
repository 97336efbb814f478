"""Errors of the finetune package, named for who must act.

FinetuneFault                   base of everything raised here
├── BaseMissing                 the user: there is no base model to train from, or it is damaged
├── BaseUnsupported             the user: a base of an architecture or kind that cannot be served
├── TooLittleData               nobody: not enough examples yet; nothing was trained
├── DatasetDamaged              nobody: the derived dataset cannot be read; build it again
├── LossNotFinite               the user: training diverged; the adapter in use stays
├── NoRoom                      the user: memory or disk does not suffice; what was there stays
├── AdapterMissing              the user: there is no such adapter, or it lost its weights
├── ExportFailed                nobody: a written adapter is not what was trained; it was removed
├── NightBusy                   nobody: another process has the night; let it finish
└── Stopped                     nobody: training made room; it goes on from its checkpoint
"""


class FinetuneFault(Exception):
    """Base of every error of this package; its text is one sentence that says what to do."""


class BaseMissing(FinetuneFault):
    """The base model is not there or cannot be read."""


class BaseUnsupported(FinetuneFault):
    """No adapter for this architecture or base can be written for llama.cpp."""


class TooLittleData(FinetuneFault):
    """There are not enough examples to train on."""


class DatasetDamaged(FinetuneFault):
    """The dataset file is not what was written; it is derived, so it can be built again."""


class LossNotFinite(FinetuneFault):
    """The loss became infinite or not a number."""


class NoRoom(FinetuneFault):
    """Memory or disk does not suffice; nothing that was there was changed."""


class AdapterMissing(FinetuneFault):
    """There is no adapter of this number, or none with weights."""


class ExportFailed(FinetuneFault):
    """What was read back of an exported adapter differs from what was trained."""


class NightBusy(FinetuneFault):
    """Another process trains or measures in this home."""


class Stopped(FinetuneFault):
    """Training was asked to stop; the checkpoint holds all whole steps."""
