"""What jobs that draw volume envelopes share: where they write, and how steep they may be."""
