"""Adversarial examples: samples changed a little so that the network is wrong.

perturb.py      fgsm and pgd, on numbers between 0 and 1
attack.py       attacks on a trained network
attack_run.py   `netc attack`: accuracy against eps
attack_picture.py   its pictures
"""
