package pgp
import ("testing";"os";"io";"time";"fmt";"bufio";"github.com/headgate/headgate/connector"
openpgp "github.com/ProtonMail/go-crypto/openpgp/v2"
)
func TestZZ(t *testing.T){
 sec,_:=os.ReadFile("/tmp/hg/pgp/sec.asc")
 ks:=keys{"us":{Private:connector.NewSecret(sec)}}
 for _,n:=range []string{"none","zlib"}{
  for range 2 {
  f,_:=os.Open("/tmp/hg/pgp/d."+n+".pgp")
  r,_:=Codec().NewReader(&Options{DecryptWith:Names{"us"}},f,connector.CodecOptions{Keys:ks.find})
  b:=time.Now(); c,err:=io.Copy(struct{io.Writer}{io.Discard},r); fmt.Println("ours",n,c,err,time.Since(b)); r.Close()
  f.Seek(0,0)
  e,_:=parse(sec)
  b=time.Now(); md,err:=openpgp.ReadMessage(bufio.NewReaderSize(f,1<<17),openpgp.EntityList{e},nil,nil)
  c,err=io.CopyBuffer(struct{io.Writer}{io.Discard},struct{io.Reader}{md.UnverifiedBody},make([]byte,1<<17)); fmt.Println("lib",n,c,err,time.Since(b)); f.Close()
 }}
 d,_:=os.ReadFile("/tmp/hg/pgp/d.csv")
 for _,o:=range []Options{{EncryptTo:Names{"us"}},{EncryptTo:Names{"us"},SignWith:"us"},{EncryptTo:Names{"us"},Compression:"zlib"},{EncryptTo:Names{"us"},Armor:true}}{
  out,_:=os.Create("/tmp/hg/pgp/out.pgp")
  b:=time.Now()
  w,_:=Codec().NewWriter(&o,out,connector.CodecOptions{Keys:ks.find}); for i:=0;i<len(d);i+=1<<19{w.Write(d[i:min(len(d),i+1<<19)])}; err:=w.Close(); out.Close(); fmt.Println("write",o,err,time.Since(b))
 }
}
