"""-2 ln L by pyhf 0.7.6 at random points of every eighth patch of the ATLAS 3L eRJR likelihoods (HEPData ins1771533).

    SEARCHLIGHT_DATA=... python make_points.py points_3L.json
"""
import json
import os
import sys

import numpy as np
import pyhf

d = os.environ['SEARCHLIGHT_DATA'] + '/histfactory/3L/'
bkg=json.load(open(d+'BkgOnly.json')); ps=pyhf.PatchSet(json.load(open(d+'patchset.json')))
pyhf.set_backend('numpy')
rng=np.random.default_rng(20260811)
out={"pyhf":pyhf.__version__,"seed":20260811,"points":[]}
for name in [p.name for p in ps.patches][::8]:
    ws=pyhf.Workspace(ps.apply(pyhf.Workspace(bkg),name)); m=ws.model(); data=ws.data(m)
    init=np.array(m.config.suggested_init()); b=np.array(m.config.suggested_bounds())
    for scale in (0.0,0.3,1.5):
        # lumi stays near one, gammas positive
        x=init+scale*rng.uniform(-1,1,len(init))*np.where(b[:,0]==-5,1.0,np.where(b[:,0]>0.5,0.05,0.4))
        out["points"].append({"patch":name,"values":{n:float(v) for n,v in zip(m.config.par_names,x)},"twice_nll":float(-2*m.logpdf(x,data)[0])})
json.dump(out,open(sys.argv[1],'w'),indent=0)
