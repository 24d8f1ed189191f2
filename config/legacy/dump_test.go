package legacy
import ("testing";"os";"fmt")
func TestDump(t *testing.T){
 for _,n:=range []string{"dobsonian","german","siderostat"}{
  f,_:=os.Open("testdata/"+n+".dat")
  d,_:=Parse(f)
  r,err:=Convert(d,Options{})
  fmt.Println(n,err); fmt.Println(r.TOML)
  for _,x:=range r.Notes{fmt.Println(x)}
  fmt.Printf("%+v %+v\n",r.State, r.State.Position)
 }
}
