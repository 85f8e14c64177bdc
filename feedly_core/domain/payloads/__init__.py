"""Every JSON document of FeedlyAI, parsed once into typed values.

Malformed parts say why.

One module a document: :mod:`planner_layout`, :mod:`overlay_layout`, :mod:`detections`,
:mod:`evaluations`, :mod:`vlm_traces`, :mod:`token_usage`, :mod:`feed_post`.
"""
