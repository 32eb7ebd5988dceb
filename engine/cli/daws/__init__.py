"""The DAWs that scripts are installed into: where they keep scripts, and what is put there."""
