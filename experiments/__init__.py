"""Programs that run the model: a study, the parameter book."""
