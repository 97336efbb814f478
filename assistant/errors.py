"""Errors of the assistant, named for who must act.

AssistantFault                  base
├── SetupNeeded                 the user: a model is missing (run `lifelore setup`)
├── DownloadFailed              the user: a file could not be fetched; what came is kept
├── ModelBroken                 the user: a model file is corrupt or not loadable
├── NoAudioDevice               the user: no microphone or loudspeaker can be used
├── RemoteFailed                the user: the configured server did not answer as it should
├── ContextOverflow             the caller: the prompt does not fit; nothing was cut
└── SettingsInvalid             the user: a setting cannot be read
"""


class AssistantFault(Exception):
    """Base of every error of this package; its text is one sentence that says what to do."""


class SetupNeeded(AssistantFault):
    """A model that is needed has not been fetched."""


class DownloadFailed(AssistantFault):
    """A file could not be fetched or failed its checksum; complete parts are kept."""


class ModelBroken(AssistantFault):
    """A model file is corrupt, truncated or not one this build can load."""


class NoAudioDevice(AssistantFault):
    """There is no microphone or loudspeaker, or it cannot be used."""


class RemoteFailed(AssistantFault):
    """The configured server could not be reached or answered with an error."""


class ContextOverflow(AssistantFault):
    """Prompt and answer do not fit the model's context; nothing was cut silently."""


class SettingsInvalid(AssistantFault):
    """A setting has a value that cannot be used."""
