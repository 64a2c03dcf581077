"""A spec comes in; a report about its gradients, its speed or its data goes out.

gradcheck.py        compares the gradients with numerical ones
gradcheck_run.py    `netc gradcheck`
inspection/         `netc inspect`
data_run.py         `netc data`; data_report.py is what it finds, data_picture.py draws it
machine_limits.py   what the machine can do at best
profile.py          times every call of a training step
profile_run.py      `netc run --profile`
"""
