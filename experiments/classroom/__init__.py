"""The classroom: the model in a browser, for thirty students at once, in English and Chinese.

What a page shows is a function of its address, so nothing is kept of those who explore; runs are
made in worker processes. Decision record: ``0025-classroom-kit``.
"""
