"""Uploads become Layers here; hostile bytes are opened in a sandboxed child only."""

from server.intake.reader import Reading, read_upload
from server.intake.sandbox import prove_sandbox

__all__ = ["Reading", "prove_sandbox", "read_upload"]
