import pickle, numpy as np, itertools
R=pickle.load(open("/tmp/calls/shift.pkl","rb")); D=np.array([r[2:] for r in R],float); N=np.array([r[0] for r in R]); B=np.array([r[1] for r in R])
gain,ov,ob,t0,t1,dl,least,T,cnt=D.T
best=[]
tgt=(N=="bench")|(N=="clean-heard")
for g,o,c,L,C,gs,os_ in itertools.product((.4,.5,.6,.7),(.12,.15,.2),(.5,.6,.7),(3,4,5,6),(3,4,5),(.8,.9,1.,1.2),(.2,.25,.3,.35)):
    big=(least>=12)&(cnt>=8)
    say=(least>=L)&(cnt>=C)&(ob<=c*ov)&np.where(big,(gain>=g)&(ov>=o),(gain>=gs)&(ov>=os_))
    fa=(say&(B==0)).sum()
    if fa==0: best.append((round(np.mean([(say&(B==by)&tgt).sum()/((B==by)&tgt).sum() for by in (3,-3)]),3),round((say&(B==1)&tgt).sum()/((B==1)&tgt).sum(),2),g,o,c,L,C,gs,os_, round(float((np.abs(dl[say&(B!=0)&tgt])>.5).mean()),2)))
best.sort(reverse=True); print(*best[:6],sep="\n")
for b in best:
    if b[2:9]==(.6,.15,.6,4,4,1.,.3): print("choice",b)
p=(B==0); i=np.argsort(-np.where(p,gain,-9))[:12]; print([(N[k],round(gain[k],2),round(ov[k],2),round(ob[k],2),least[k],cnt[k]) for k in i])
