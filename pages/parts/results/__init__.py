"""One job's story, part by part: each module draws one section of the results page."""
