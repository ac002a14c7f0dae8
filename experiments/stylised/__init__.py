"""``consortia facts``: which stylised facts of innovation networks the model shows, and which not."""
