"""What can go wrong, as a tree. Every message says what happened, to what, and what to do next.

BaseloadError
├── DescriptionError        the description or a catalogue file has faults (all of them, with file and line)
├── SetupError              this machine cannot do it: port taken, no permission, wrong model file
│   └── AlreadyRunning      another `baseload up` owns this data directory
├── Unsupported             a chip cannot run what was asked: no such precision, too little memory, an uneven split
├── Refusal                 a request that is answered with an OpenAI error object
├── EngineError             an engine failed
│   ├── EngineDown          it cannot be reached; nothing was emitted
│   ├── EngineDied          it went away in the middle of an answer
│   ├── EngineSilent        it is connected but did not answer in time
│   └── EngineRefused       it answered with an error of its own
└── LedgerError             money could not be written or read
    ├── InsufficientBalance the bound does not fit the balance
    └── LedgerUnavailable   the disk is full or failing: nothing new is admitted
"""

from dataclasses import dataclass


class BaseloadError(Exception):
    """Anything Baseload itself reports; the text is one sentence for a person."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """One thing wrong in a file. `line` is 1-based; 0 when the fault has no line of its own."""

    file: str
    line: int
    message: str

    def __str__(self) -> str:
        return f"{self.file}:{self.line}: {self.message}" if self.line else f"{self.file}: {self.message}"


class DescriptionError(BaseloadError):
    """Every fault found in a description or catalogue, shown together."""

    def __init__(self, faults: list[Fault]) -> None:
        self.faults = faults
        super().__init__("\n".join(str(f) for f in faults))


class SetupError(BaseloadError):
    """This machine or this command line cannot do what was asked."""


class AlreadyRunning(SetupError):
    """Another `baseload up` owns this data directory."""


class Unsupported(BaseloadError):
    """It cannot run: a precision the chip lacks, a model that does not fit, a split that does not divide."""


class Refusal(BaseloadError):
    """A request that is answered with an OpenAI error object instead of work."""

    def __init__(
        self,
        status: int,
        message: str,
        *,
        code: str | None = None,
        param: str | None = None,
        kind: str = "invalid_request_error",
        retry_after_s: float | None = None,
    ) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.param = param
        self.kind = kind
        self.retry_after_s = retry_after_s


class EngineError(BaseloadError):
    """An engine failed; the reason is kept with the attempt."""


class EngineDown(EngineError):
    """The engine cannot be reached; nothing was emitted."""


class EngineDied(EngineError):
    """The engine went away in the middle of an answer."""


class EngineSilent(EngineError):
    """The engine is connected but did not answer in time: busy, or stuck."""


class EngineRefused(EngineError):
    """The engine answered with an error of its own."""

    def __init__(self, status: int, body: bytes) -> None:
        super().__init__(f"the engine answered {status}")
        self.status = status
        self.body = body


class LedgerError(BaseloadError):
    """Money could not be written or read."""


class InsufficientBalance(LedgerError):
    """The most this request could cost does not fit the balance."""


class LedgerUnavailable(LedgerError):
    """The ledger's disk is full or failing, so nothing new is admitted."""
