"""Programs that use a running server as any client would."""
