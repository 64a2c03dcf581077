"""A look inside a trained network.

opening.py      a network with samples of its data, and all that it computes for them
looking.py      what is wanted, and what is found: `netc inspect`
layers.py       which layers are shown; figures.py has the figures of each, gradients.py a batch's
outcomes.py     losses and answers by sample
units.py        which samples a unit responds to; receptive.py is what it sees of them
maps.py         first-layer filters, and the feature maps of a sample
saliency.py     gradients of a score, and optimised inputs; scores.py is what a score is
occlusion.py    the score of a picture with a patch on it
pictures.py     draws them; explained_pictures.py has those of samples
"""
