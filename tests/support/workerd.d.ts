/** The package has no types; its one export is the path of the executable. */
declare module "workerd" {
  const path: string;
  export default path;
}
