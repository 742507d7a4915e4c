package all_test
import ("testing";"os";"fmt";"time";"io";"errors";"github.com/headgate/headgate/connector";"github.com/headgate/headgate/connector/all";"github.com/headgate/headgate/connector/blob";"github.com/headgate/headgate/connector/file";"github.com/headgate/headgate/connector/sqlite";"github.com/headgate/headgate/connector/conntest")
func TestBench(t *testing.T){
 dir:="/tmp/hg/stores"; reg:=all.Registry()
 os.Remove(dir+"/ours.db")
 env:=connector.Env{Project:dir}
 sch:=conntest.Schema(t,"a int","b string","c timestamp","d string","e decimal(12,2)","f int","g string","h string")
 src:=blob.NewSource(blob.SourceConfig{Store:file.Open(env,file.Config{}),Registry:reg,Glob:"bench.csv",Columns:sch.Fields})
 ctx:=t.Context()
 t0:=time.Now()
 st,err:=src.Discover(ctx); if err!=nil {t.Fatal(err)}
 pl,_:=src.Plan(ctx,nil)
 snk,_:=sqlite.Type().Table.NewSink(ctx,env,&sqlite.Config{Path:"ours.db"},connector.SinkRequest{Table:"t"})
 ses,err:=snk.Prepare(ctx,st.Schema,connector.Run{ID:"r",Flow:"f"},false); if err!=nil {t.Fatal(err)}
 w,_:=snk.Open(ctx,ses,connector.Split{})
 r,_:=src.Open(ctx,pl.Splits[0])
 var m connector.Morsel
 for { err:=r.Next(ctx,&m); if errors.Is(err,io.EOF){break}; if err!=nil {t.Fatal(err)}
  if err:=r.Decode(&m);err!=nil{t.Fatal(err)}
  if err:=w.Encode(&m);err!=nil{t.Fatal(err)}
  if err:=w.Append(ctx,&m);err!=nil{t.Fatal(err)}
 }
 rc,_:=w.Seal(ctx)
 res,err:=snk.Commit(ctx,ses,[]connector.Receipt{rc},connector.State{Flow:"f",Run:"r"})
 fmt.Println("load",time.Since(t0),res,err)
 t0=time.Now()
 s2,_:=sqlite.Type().Table.NewSource(ctx,env,&sqlite.Config{Path:"ours.db"},connector.SourceRequest{Table:"t"})
 if _,err:=s2.Discover(ctx);err!=nil{t.Fatal(err)}
 pl,_=s2.Plan(ctx,nil)
 r,_=s2.Open(ctx,pl.Splits[0])
 n:=0
 for { err:=r.Next(ctx,&m); if errors.Is(err,io.EOF){break}; if err!=nil {t.Fatal(err)}
  if err:=r.Decode(&m);err!=nil{t.Fatal(err)}; n+=len(m.Batch.Sel)}
 fmt.Println("read",n,time.Since(t0))
}
