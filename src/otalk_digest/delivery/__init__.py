"""From a frozen edition to mailboxes: plan, message, dispatch, providers."""
