"""Who decides: organisations, governments, consortia, and the rules they decide by."""
