"""Why a message should not go out: rules over its final bytes."""
