"""What one version of a post says about its chat. Pure; never raises, never invents."""

from otalk_digest.collect.extract.reading import read_post

__all__ = ["read_post"]
