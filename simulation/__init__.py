"""How the world works: needs, landscapes, consortia, money, and the order of a step."""
