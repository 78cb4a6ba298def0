"""The tone job: equalise tracks so that the ones that matter are heard through the others."""
